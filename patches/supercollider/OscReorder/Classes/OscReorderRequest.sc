// One question to the daemon, asked again until it is answered, once.
OscReorderRequest {
	var <owner, <command, <id, arguments, names, rowNames, action, error, progress;
	var <state = \waiting, <answer, <code, <text, <fraction = 0;
	var rows, ended, awaited = false, silence = 0, age = 0, patience = 0.5, lastPosted;

	*new { |owner, command, id, arguments, names, rowNames, action, error, progress|
		^super.newCopyArgs(owner, command, id, arguments, names, rowNames, action, error, progress).init
	}

	init {
		ended = CondVar.new;
		lastPosted = Main.elapsedTime;
	}

	isParameter {
		^id.isNil
	}

	hasEnded {
		^state != \waiting
	}

	send {
		rows = List.new;
		silence = 0;
		owner.address.sendMsg("/oscreorder/" ++ command, *((id !? { [id] }) ++ arguments));
	}

	// In a Routine: wait for the end; whether it succeeded.
	join {
		awaited = true;
		ended.wait { this.hasEnded };
		^state == \done
	}

	// In a Routine: the answer, or an Error that says what went wrong.
	wait {
		if(this.join.not) { Error("OscReorder %: % (code %)".format(command, text, code)).throw };
		^answer
	}

	cancel { |action, error|
		^owner.cancel(this, action, error)
	}

	tick { |passed, mayRepeat = true|
		silence = silence + passed;
		age = age + passed;
		if(owner.prGivesUp(age)) { ^this.fail(-1, owner.prNoDaemon) };
		if(mayRepeat and: { silence > patience }) {
			// The daemon knows a repeated request by its id, and answers it again.
			patience = (patience * 2).min(2);
			this.send;
		};
	}

	addRow { |values|
		rows.add(this.prNamed(rowNames, values));
	}

	tell { |howFar, what|
		silence = 0;
		patience = 2;
		fraction = howFar;
		(progress ?? { owner.onProgress } ?? { { this.prPostProgress(what) } }).value(howFar, what, this);
	}

	done { |values|
		if(this.hasEnded) { ^this };
		if(rowNames.notNil and: { rows.size < values[0] }) { ^this.send };
		case
		{ rowNames.notNil } { answer = rows.asArray }
		{ this.isParameter } { answer = this.prFriendly(values[0]) }
		{ answer = this.prNamed(names, values) };
		this.prEnd(\done);
		action.value(answer, this);
	}

	fail { |itsCode, itsText|
		if(this.hasEnded) { ^this };
		code = itsCode;
		text = itsText;
		this.prEnd(\failed);
		if(error.notNil) { ^error.value(code, text, this) };
		if(awaited.not) { owner.onError.value(command, code, text) };
	}

	printOn { |stream|
		stream << this.class.name << "(" << command << ", " << id << ", " << state << ")";
	}

	prEnd { |how|
		state = how;
		owner.prForget(this);
		ended.signalAll;
	}

	prNamed { |keys, values|
		var named = Event.new;
		keys.do { |key, i| values[i] !? { |value| named[key] = this.prFriendly(value) } };
		^named
	}

	prFriendly { |value|
		^value.isKindOf(Symbol).if { value.asString } { value }
	}

	prPostProgress { |what|
		if(Main.elapsedTime - lastPosted >= 1) {
			lastPosted = Main.elapsedTime;
			"OscReorder %: % %, %".format(command, (fraction * 100).round.asInteger, "%", what).postln;
		};
	}
}
