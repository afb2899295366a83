// Grains in time: the daemon chooses them and says when; a server plays them from Buffers at that very moment.
OscReorderStream {
	var <reorder, <corpus, <server, <id, <state = \stopped, <sounds, <late = 0, <played = 0;
	var <>out = 0, <>group, <>latency = 0, <>onGrain, <>onEnd;
	var options, aim, attack, release, lastLate = -inf;

	*new { |reorder, corpus, server|
		^super.newCopyArgs(reorder, corpus.asSymbol, server ? Server.default).init
	}

	init {
		sounds = reorder.soundsOn(corpus, server);
		options = [];
	}

	running {
		^state == \running
	}

	start { |pairs, action, error, progress|
		if(state != \stopped) { ^reorder.prSay("stream %: it is % already".format(corpus, state)) };
		state = \starting;
		late = played = 0;
		options = OscReorder.pairs(pairs).clump(2)
		.reject { |pair| pair[0].asSymbol == \tags }.flatten(1) ++ [\tags, 1];
		{ this.prStart(action, error, progress) }.fork(SystemClock);
	}

	// A grain by its number, a Point of the map such as 0.2@0.7, or an array of as many numbers as there are features.
	target { |place|
		aim = OscReorder.place(place);
		if(this.running) { this.prSend("target", aim) };
	}

	set { |...pairs|
		pairs = OscReorder.pairs(if(pairs.size == 1) { pairs[0] } { pairs });    // as elsewhere: [rate: 30], or an Event
		pairs.pairsDo { |name, value| this.prRemember(name.asSymbol, value) };
		if(this.running) { this.prSend("set", pairs) };
	}

	stop { |action, error|
		if(state == \stopped) { ^this };
		CmdPeriod.remove(this);
		if(this.running) {
			reorder.prRemoveStream(this);
			reorder.request('stream/stop', [id], nil, action, error);
		};
		state = \stopped;
		this.changed(\running, false);
	}

	cmdPeriod {
		this.stop;
	}

	printOn { |stream|
		stream << this.class.name << "(" << corpus << ", " << state << ", " << played << " grains played)";
	}

	// Private

	prStart { |action, error, progress|
		var problem = if(this.prSounds) { sounds.prLoaded ?? { this.prEnvelope } };
		problem = problem ?? { this.prAsk(progress) };
		problem.isNil.if { this.prStarted(action) } { this.prNotStarted(problem, error) };
	}

	// Whether the grains sound here; with [play: 1] the daemon sounds them.
	prSounds {
		^#[nil, 0, false].includes(this.prOption(\play))
	}

	prOption { |name|
		^options.clump(2).detect { |pair| pair[0].asSymbol == name } !? { |pair| pair[1] }
	}

	// How grains begin and end, which they do not tell one by one: as asked for, or as the daemon has it.
	prEnvelope {
		#[attack_ms, release_ms].do { |name|
			var given = this.prOption(name), request;
			if(given.isNil) {
				request = reorder.get(name, error: {});
				if(request.join.not) { ^request.text };
				given = request.answer;
			};
			this.prRemember(name, given);
		};
		^nil
	}

	prAsk { |progress|
		var request = reorder.request('stream/start', [corpus], options, error: {}, progress: progress);
		id = request.id;
		reorder.prAddStream(this);
		^request.join.if { nil } { request.text }
	}

	prStarted { |action|
		// It may have been stopped while it began.
		if(state != \starting) {
			reorder.prRemoveStream(this);
			^reorder.request('stream/stop', [id])
		};
		state = \running;
		CmdPeriod.add(this);
		aim !? { this.prSend("target", aim) };
		this.changed(\running, true);
		action.value(this);
	}

	prNotStarted { |problem, error|
		reorder.prRemoveStream(this);
		state = \stopped;
		error.notNil.if { error.value(problem, this) } { "OscReorder stream %: %".format(corpus, problem).error };
	}

	prSend { |what, values|
		reorder.address.sendMsg("/oscreorder/stream/" ++ what, id, *values);
	}

	prRemember { |name, value|
		options = options.clump(2).reject { |pair| pair[0].asSymbol == name }.flatten(1) ++ [name, value];
		switch(name, \attack_ms, { attack = value / 1000 }, \release_ms, { release = value / 1000 });
	}

	// message: address stream t_ms lead_ms sound start dur_ms gain pan distance; time: when it shall sound.
	prGrain { |message, time|
		var at = time + latency;
		if(this.prSounds) { this.prPlay(at, message) };
		onGrain.value((
			time: at, t_ms: message[2], lead_ms: message[3], sound: message[4], start: message[5],
			dur: message[6] / 1000, gain: message[7], pan: message[8], distance: message[9]
		), this);
	}

	prPlay { |at, message|
		if(at < Main.elapsedTime) { this.prLate };
		if(sounds.play(at, message[4], message[5], message[6] / 1000, message[7], message[8], 1, attack, release, out,
			group)) { played = played + 1 } { this.prMissing };
	}

	prLate {
		late = late + 1;
		if(Main.elapsedTime - lastLate > 5) {
			lastLate = Main.elapsedTime;
			"OscReorder stream %: grains come late (% so far); raise lookahead_ms".format(corpus, late).warn;
		};
	}

	// A sound that was loaded after the stream began, or a server that was booted anew.
	prMissing {
		if(server.serverRunning) { sounds.load(nil, { |text| reorder.prSay("stream %: %".format(corpus, text)) }) };
	}

	prError { |command, code, text|
		if(command == 'stream/target') { aim = nil };
		reorder.onError.value(command, code, text);
	}

	prEnded { |text|
		if(state == \stopped) { ^this };
		state = \stopped;
		CmdPeriod.remove(this);
		reorder.prRemoveStream(this);
		reorder.prSay("stream %: %".format(corpus, text));
		this.changed(\running, false);
		onEnd.value(this, text);
	}
}
