// A daemon somewhere: requests go out, replies come in, and a watch tells whether it runs.
OscReorder {
	classvar <all, <>silenceLimit = 2.25, <>bootLimit = 60, answers, rows, lastId;

	var <address, <state = \connecting, <version, <uptime = 0;
	var <>onProgress, <>onNotice, <>onError, <>onStart;
	var requests, askedParameters, streams, soundsOf, receivers, watch, whenRunning;
	var silence = 0, sinceAsked = 0, age = 0, lastTick, registered = false, pid;

	*initClass {
		all = List.new;
		// Two languages in a row may have the same port: ids of the first must not mean anything in the second.
		lastId = 8000000.rand;
		answers = (
			ping: #[version, uptime_s],
			status: #[corpora, jobs, streams, peers, packets, refused, late],
			notify: #[lease_s],
			load: #[sounds, seconds, skipped],
			analyse: #[grains, features, took_s],
			render: #[path, frames, sr, took_s],
			order: #[path, grains],
			plot: #[path],
			'stream/start': #[stream],
			'stream/stop': #[sent, late]
		);
		rows = (
			params: #[name, type, default, min, max, unit, help],
			commands: #[address, arguments, help],
			corpora: #[name, sounds, grains, seconds, sr, state],
			sounds: #[index, path, sr, channels, length],
			copies: #[index, path, sr, channels, length],
			neighbours: #[rank, grain, sound, start, length, distance]
		);
		ShutDown.add { all.copy.do(_.prShutDown) };
	}

	*connect { |host = "127.0.0.1", port = 57140, action|
		var wanted = NetAddr(host, port);
		var reorder = all.detect { |each| each.address == wanted } ?? { super.new.init(wanted) };
		^reorder.doWhenRunning(action)
	}

	*boot { |roots, out, port = 57140, flags, program = "oscreorder", action|
		var reorder = this.connect("127.0.0.1", port, action);
		var folders = roots.isString.if { [roots] } { roots.asArray };
		var words = [program, "serve", "--port", port.asString];
		folders.do { |folder| words = words ++ ["--root", folder.asString.standardizePath] };
		out !? { words = words ++ ["--out", out.asString.standardizePath] };
		^reorder.prBoot(words ++ flags.asArray.collect(_.asString))
	}

	*nextId {
		^lastId = (lastId + 1) % 16777216 max: 1
	}

	*spec { |name|
		^OscReorderTable.spec(name)
	}

	// A place among the grains as a message names it: a number is a grain, a Point one of the map, an array a vector.
	*place { |place|
		if(place.isNumber) { ^[\grain, place.asInteger] };
		if(place.isKindOf(Point)) { ^[\point, place.x, place.y] };
		if(place.isArray and: { place.notEmpty } and: { place.every(_.isNumber) }) { ^[\vector] ++ place };
		Error("OscReorder: a place is a number of a grain, a Point such as 0.2@0.7, or an array of numbers; not %"
			.format(place)).throw
	}

	// Options as a message carries them: pairs in an array, or an Event; names of steps may be an array.
	*pairs { |options|
		var flat = options.isKindOf(Dictionary).if { options.getPairs } { options.asArray };
		if(flat.size.odd) {
			Error("OscReorder: options are pairs of a name and a value, such as [order: \\tour]; not %"
				.format(options)).throw
		};
		^flat.clump(2).collect { |pair|
			[pair[0], (pair[1].isArray and: { pair[1].isString.not }).if { pair[1].join("+") } { pair[1] }]
		}.flatten(1)
	}

	init { |netAddr|
		address = netAddr;
		requests = IdentityDictionary.new;
		askedParameters = IdentityDictionary.new;
		streams = IdentityDictionary.new;
		soundsOf = Dictionary.new;
		whenRunning = List.new;
		onNotice = { |command, text| this.prSay("%: %".format(command, text)) };
		onError = { |command, code, text| "OscReorder %: % (code %)".format(command, text, code).error };
		all.add(this);
		this.prListen;
		lastTick = Main.elapsedTime;
		watch = SkipJack({ this.prTick }, 0.25, name: this.class.name, clock: SystemClock);
		this.prAsk;
	}

	running {
		^state == \running
	}

	doWhenRunning { |action|
		action !? { this.running.if { action.value(this) } { whenRunning.add(action) } };
	}

	printOn { |stream|
		stream << this.class.name << "(" << address.ip << ":" << address.port << ", " << state << ")";
	}

	// Requests

	request { |command, arguments, options, action, error, progress|
		var request = OscReorderRequest(
			this, command.asSymbol, this.class.nextId,
			arguments.asArray.collect { |each| each.isKindOf(PathName).if { each.fullPath } { each } }
			++ this.class.pairs(options),
			answers[command.asSymbol], rows[command.asSymbol], action, error, progress
		);
		requests[request.id] = request;
		^request.send
	}

	ping { |action, error| ^this.request(\ping, nil, nil, action, error) }

	status { |action, error| ^this.request(\status, nil, nil, action, error) }

	params { |action, error| ^this.request(\params, nil, nil, action, error) }

	commands { |action, error| ^this.request(\commands, nil, nil, action, error) }

	corpora { |action, error| ^this.request(\corpora, nil, nil, action, error) }

	sounds { |corpus, action, error| ^this.request(\sounds, [corpus], nil, action, error) }

	copies { |corpus, action, error| ^this.request(\copies, [corpus], nil, action, error) }

	sync { |action, error| ^this.request(\sync, nil, nil, action, error) }

	load { |corpus, path, options, action, error, progress|
		^this.request(\load, [corpus, this.prPath(path)], options, action, error, progress)
	}

	analyse { |corpus, options, action, error, progress|
		^this.request(\analyse, [corpus], options, action, error, progress)
	}

	render { |corpus, out, options, action, error, progress|
		^this.request(\render, [corpus, this.prPath(out)], options, action, error, progress)
	}

	order { |corpus, out, options, action, error, progress|
		^this.request(\order, [corpus, this.prPath(out)], options, action, error, progress)
	}

	plot { |corpus, out, options, action, error, progress|
		^this.request(\plot, [corpus, this.prPath(out)], options, action, error, progress)
	}

	neighbours { |corpus, place, options, action, error, progress|
		^this.request(\neighbours, [corpus] ++ this.class.place(place), options, action, error, progress)
	}

	free { |corpus, action, error|
		soundsOf.keys.select { |key| key[0] == corpus.asSymbol }.do { |key| soundsOf.removeAt(key).free };
		^this.request(\free, [corpus], nil, action, error)
	}

	cancel { |request, action, error|
		^this.request(\cancel, [request.isKindOf(OscReorderRequest).if { request.id } { request }], nil, action, error)
	}

	quit { |action, error|
		^this.request(\quit, nil, nil, action, error)
	}

	set { |name, value, action, error|
		^this.prAskParameter(name, this.class.pairs([name, value]).drop(1), action, error)
	}

	get { |name, action, error|
		^this.prAskParameter(name, nil, action, error)
	}

	// Sounds and grains on a server

	soundsOn { |corpus, server|
		var key = [corpus.asSymbol, (server ? Server.default).name];
		if(soundsOf[key].isNil) { soundsOf[key] = OscReorderSounds(this, corpus, server) };
		^soundsOf[key]
	}

	grains { |corpus, options, server, action, error|
		^OscReorderGrains(this, corpus, server).read(options, action, error)
	}

	stream { |corpus, options, server, action, error|
		^OscReorderStream(this, corpus, server).start(options, action, error)
	}

	disconnect {
		streams.copy.do(_.stop);
		address.sendMsg("/oscreorder/notify", this.class.nextId, 0);
		this.prLetGo;
	}

	// Private: the watch

	prTick {
		// A language that stood still has heard nothing, which says nothing about the daemon.
		var now = Main.elapsedTime, passed = (now - lastTick).clip(0, 0.5);
		lastTick = now;
		silence = silence + passed;
		age = age + passed;
		sinceAsked = sinceAsked + passed;
		if(this.running and: { silence > silenceLimit }) {
			this.prGone("the daemon at % does not answer any more".format(this.prWhere));
		};
		if(state == \booting and: { age > bootLimit }) {
			this.prGone("the daemon that was started does not answer at %".format(this.prWhere));
		};
		if(state == \connecting and: { age > silenceLimit }) {
			this.prGone("no daemon answers at %".format(this.prWhere));
		};
		if(sinceAsked >= 0.5 and: { registered.not or: { silence >= 1 } }) { this.prAsk };
		requests.values.do { |request| request.tick(passed) };
		askedParameters.do { |asked| asked.copy.do { |request| request.tick(passed, request === asked.last) } };
	}

	prAsk {
		sinceAsked = 0;
		address.sendMsg("/oscreorder/ping", this.class.nextId);
		if(this.running and: { registered.not }) { address.sendMsg("/oscreorder/notify", this.class.nextId, 1) };
	}

	prHeard {
		silence = 0;
	}

	prUptime { |seconds|
		if(seconds < (uptime - 0.5) and: { this.running }) {
			this.prEndAll("the daemon was started anew meanwhile");
			state = \connecting;
			age = 0;
		};
		uptime = seconds;
	}

	prFound { |itsVersion|
		var anew = version.notNil;
		version = itsVersion;
		if(this.running) { ^this };
		state = \running;
		registered = false;
		this.prAsk;
		this.prSay("the daemon % % at %".format(version, anew.if { "answers again" } { "answers" }, this.prWhere));
		if(anew and: { uptime < 60 }) { this.prSay("what it had loaded before it was started anew is gone: load again") };
		// What an earlier language of this port began would never end.
		if(streams.isEmpty) { address.sendMsg("/oscreorder/stream/stop", this.class.nextId, -1) };
		this.changed(\running, true);
		onStart.value(this);
		whenRunning.copy.do { |action| action.value(this) };
		whenRunning.clear;
	}

	prGone { |text, advice = "Start one with OscReorder.boot or, in a terminal, oscreorder serve; it will be found"|
		state = \gone;
		registered = false;
		"OscReorder: %. %".format(text, advice).warn;
		this.prEndRequests(text);
		this.changed(\running, false);
	}

	prEndAll { |text|
		this.prEndRequests(text);
		streams.copy.do { |stream| stream.prEnded(text) };
		soundsOf.do(_.free);
		soundsOf.clear;
	}

	prEndRequests { |text|
		requests.values.do { |request| request.fail(-1, text) };
		askedParameters.values.do { |asked| asked.copy.do { |request| request.fail(-1, text) } };
	}

	prGivesUp { |seconds|
		^state == \gone and: { seconds > silenceLimit }
	}

	prNoDaemon {
		^"no daemon answers at %".format(this.prWhere)
	}

	prWhere {
		^"%:%".format(address.ip, address.port)
	}

	prSay { |text|
		"OscReorder: %".format(text).postln;
	}

	// Private: the daemon as a child of the language

	prBoot { |words|
		if(this.running) { ^this.prSay("a daemon runs at % already; this is connected to it".format(this.prWhere)) };
		state = \booting;
		age = 0;
		SystemClock.sched(0.6, {
			if(state == \booting) { pid = words.unixCmd({ |status| this.prProcessEnded(status) }) };
			nil
		});
	}

	prProcessEnded { |status|
		pid = nil;
		if(state != \booting) { ^this };
		this.prGone("the daemon ended at once with the status % (what it said stands above; where it was not found,"
			" give boot the program with its path)".format(status));
	}

	prShutDown {
		if(pid.notNil) { address.sendMsg("/oscreorder/quit", this.class.nextId) };
	}

	prLetGo {
		watch.stop;
		receivers.do(_.free);
		this.prEndRequests("disconnected");
		all.remove(this);
		state = \disconnected;
	}

	// Private: replies

	prListen {
		var replies = (
			done: { |message| this.prDone(message) },
			error: { |message| this.prError(*message.drop(1)) },
			progress: { |message| this.prProgress(*message.drop(1)) },
			notice: { |message| this.prNotice(*message.drop(1)) },
			param: { |message| this.prParam(message[1], message[2]) },
			grain: { |message, time| this.prGrain(message, time) },
			alive: { |message| this.prUptime(message[2]) },
			bye: { this.prBye }
		);
		#[info, corpus, sound, neighbour].do { |kind|
			replies[kind] = { |message| requests[message[1]] !? { |request| request.addRow(message.drop(2)) } };
		};
		receivers = replies.keys.asArray.collect { |kind|
			OSCFunc({ |message, time| this.prHeard; replies[kind].value(message, time) },
				"/oscreorder/" ++ kind, address).permanent_(true)
		};
	}

	prDone { |message|
		var command = message[1], request = requests[message[2]];
		switch(command)
		{ \ping } { this.prUptime(message[4]); this.prFound(message[3].asString) }
		{ \notify } { registered = true };
		request !? { request.done(message.drop(3)) };
	}

	prError { |command, id, code, text|
		var request = requests[id] ?? { this.prAskedParameter(command) };
		request !? { ^request.fail(code, text.asString) };
		streams[id] !? { |stream| ^stream.prError(command, code, text.asString) };
		// Our own watch and clean-up ask without expecting an end.
		if(command != 'stream/stop') { onError.value(command, code, text.asString) };
	}

	prProgress { |command, id, fraction, what|
		requests[id] !? { |request| request.tell(fraction, what.asString) };
	}

	prNotice { |command, id, text|
		if(command == 'stream/start' and: { requests[id].isNil }) {
			streams[id] !? { |stream| ^stream.prEnded(text.asString) }
		};
		onNotice.value(command, text.asString);
	}

	prGrain { |message, time|
		streams[message[1]] !? { |stream| stream.prGrain(message, time) };
	}

	prBye {
		this.prEndAll("the daemon has ended");
		this.prGone("the daemon at % has ended".format(this.prWhere));
	}

	prPath { |path|
		var text = path.isKindOf(PathName).if { path.fullPath } { path.asString };
		^text.beginsWith("~").if { text.standardizePath } { text }
	}

	prForget { |request|
		if(requests[request.id] === request) { requests.removeAt(request.id) };
		if(request.isParameter) { askedParameters[request.command].remove(request) };
	}

	prAddStream { |stream|
		streams[stream.id] = stream;
	}

	prRemoveStream { |stream|
		if(stream.id.notNil) { streams.removeAt(stream.id) };
	}

	// A parameter's answers carry no id: they come in the order of the questions.
	prAskParameter { |name, value, action, error|
		var command = ("param/" ++ name).asSymbol;
		var request = OscReorderRequest(this, command, nil, value.asArray, [\value], nil, action, error);
		askedParameters[command] = askedParameters[command].add(request);
		^request.send
	}

	prAskedParameter { |command|
		^askedParameters[command] !? { |asked| asked.first }
	}

	prParam { |name, value|
		this.prAskedParameter(("param/" ++ name).asSymbol) !? { |request| request.done([value]) };
		this.changed(\param, name, value);
	}
}
