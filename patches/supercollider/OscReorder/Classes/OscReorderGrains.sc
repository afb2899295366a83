// All grains of a corpus by number, in an order of the daemon's making, played one by one or by Patterns.
OscReorderGrains {
	var <reorder, <corpus, <server, <sounds, <order, places;

	*initClass {
		Class.initClassTree(Event);
		Event.addEventType(\oscReorder, { ~grains.prPlayEvent(currentEnvironment) }, (
			amp: 1, pan: 0, rate: 1, attack: 0.01, release: 0.01, sustain: \grain, grain: 0, k: 1
		));
	}

	*new { |reorder, corpus, server|
		^super.newCopyArgs(reorder, corpus.asSymbol, server ? Server.default).init
	}

	init {
		sounds = reorder.soundsOn(corpus, server);
		order = [];
		places = [];
	}

	// Asks for an order, such as [order: \tour], with the places of all grains; then the action.
	read { |options, action, error|
		{ this.prRead(options, action, error) }.fork(SystemClock);
	}

	size { ^places.size }

	// Where a grain lies: its sound, start and length in samples of that sound's own file, and dur in seconds.
	at { |grain|
		var place = places[grain] ?? { ^nil };
		var row = sounds.rowAt(place[0]) ?? { ^nil }, start = place[1].max(0);
		var length = (place[1] + place[2]).min(row[\length]) - start;
		^(grain: grain, sound: place[0], start: start, length: length, dur: length / row[\sr])
	}

	play { |grain, amp = 1, pan = 0, rate = 1, dur, attack = 0.01, release = 0.01, out = 0, group|
		this.prPlay(grain, thisThread.seconds + (server.latency ? 0), amp, pan, rate, dur, attack, release, out, group);
	}

	// A Pattern of the grains in their order, or in any other.
	asPattern { |repeats = 1, dur = 0.1|
		^Pbind(\type, \oscReorder, \grains, this, \grain, Pseq(order, repeats), \dur, dur)
	}

	printOn { |stream|
		stream << this.class.name << "(" << corpus << ", " << places.size << " grains)";
	}

	// Private

	prRead { |options, action, error|
		var problem = sounds.prLoaded ?? { this.prReadOrder(options) };
		case
		{ problem.isNil } { action.value(this) }
		{ error.notNil } { error.value(problem, this) }
		{ "OscReorder grains %: %".format(corpus, problem).error };
	}

	// The order comes as a table in a file: position, grain, sound, start, length.
	prReadOrder { |options|
		var file = "oscreorder-sclang-%.csv".format(OscReorder.nextId);
		var request = reorder.order(corpus, file, OscReorder.pairs(options) ++ [overwrite: 1], error: {});
		var path, table;
		if(request.join.not) { ^request.text };
		path = request.answer[\path];
		if(File.exists(path).not) { ^"the daemon's file % is not on this machine".format(path) };
		table = CSVFileReader.read(path, true, true, _.asInteger, startRow: 1);
		File.delete(path);
		order = table.collect { |row| row[1] };
		places = Array.newClear(table.size);
		table.do { |row| places = places.extend(places.size.max(row[1] + 1)); places[row[1]] = row[2..4] };
		^nil
	}

	prPlay { |grain, time, amp, pan, rate, dur, attack, release, out, group, addAction = \addToHead|
		var place = this.at(grain);
		if(place.isNil) {
			^"OscReorder grains %: %".format(corpus, places[grain].isNil.if {
				"there is no grain %; there are %".format(grain, places.size)
			} { "its sounds are gone: load it, and ask for its grains again" }).error
		};
		sounds.play(time, place[\sound], place[\start], dur ?? { place[\dur] / rate.abs.max(0.001) }, amp, pan, rate,
			attack, release, out, group, addAction);
	}

	// An event: its grain or grains, or some near a place, which the daemon is asked for within the server's latency.
	prPlayEvent { |event|
		var time = thisThread.seconds + (server.latency ? 0) + (event[\lag] ? 0);
		var sustain = event[\sustain].value, near = event[\near].value;
		var keys = [
			event[\amp].value, event[\pan].value, event[\rate].value, (sustain == \grain).if { nil } { sustain },
			event[\attack].value, event[\release].value, event[\out].value ? 0, event[\group].value,
			event[\addAction].value ? \addToHead
		];
		var play = { |grain| ([grain, time] ++ keys).flop.do { |each| this.prPlay(*each) } };
		if(near.isNil) { ^play.value(event[\grain].value) };
		reorder.neighbours(corpus, near, [k: event[\k].value], { |rows|
			if(rows.notEmpty) { play.value(rows.choose[\grain]) };
		});
	}
}
