// The sounds of a corpus as Buffers of a server, and how a grain of them is played there.
OscReorderSounds {
	classvar prefix = "oscReorderGrain";

	var <reorder, <corpus, <server, rows, buffers, defined, loading, waiting;

	*new { |reorder, corpus, server|
		^super.newCopyArgs(reorder, corpus.asSymbol, server ? Server.default).init
	}

	// A grain of a sound of n channels: mono is panned; stereo is balanced and left as it is in the middle; of more
	// channels the first, third, ... are heard left, the others right.
	*synthDef { |channels|
		^SynthDef((prefix ++ channels).asSymbol, { |out = 0, buf, start = 0, dur = 0.1, gain = 1, pan = 0, rate = 1,
			attack = 0.01, release = 0.01|
			var envelope = EnvGen.ar(
				Env([0, 1, 1, 0], [attack, dur - attack - release, release], \sin), doneAction: Done.freeSelf);
			var y = PlayBuf.ar(channels, buf, BufRateScale.ir(buf) * rate, startPos: start).asArray * (envelope * gain);
			var angle = (pan + 1) * 0.25pi;
			var left = y[0, 2 ..], right = (channels == 1).if { y } { y[1, 3 ..] };
			var level = { |side| (channels == 1).if { 1 } { (2 / side.size).sqrt } };
			OffsetOut.ar(out, [left.sum * cos(angle) * level.(left), right.sum * sin(angle) * level.(right)]);
		})
	}

	init {
		rows = [];
		buffers = IdentityDictionary.new;
		defined = IdentitySet.new;
		waiting = List.new;
		loading = false;
		ServerQuit.add(this, server);
	}

	// In a Routine: read what is not read yet; the text of what went wrong, or nil.
	prLoaded {
		var loaded = CondVar.new, ended = false, problem;
		this.load({ ended = true; loaded.signalAll }, { |text| problem = text; ended = true; loaded.signalAll });
		loaded.wait { ended };
		^problem
	}

	// Reads what is not read yet; then the action, or the error with a text.
	load { |action, error|
		waiting.add([action, error]);
		if(loading) { ^this };
		loading = true;
		{ this.prLoad }.fork(SystemClock);
	}

	rowAt { |index| ^rows[index] }

	at { |index| ^buffers[index] }

	size { ^rows.size }

	// At `time`, in seconds of the language's clock, a grain of `frames` of a sound from `start`.
	play { |time, index, start, dur, gain = 1, pan = 0, rate = 1, attack = 0.01, release = 0.01, out = 0, group,
		addAction = \addToHead|
		var buffer = buffers[index] ?? { ^false };
		var edges = attack + release, shorter = (edges > dur).if { dur / edges } { 1 };
		server.sendBundle(time - thisThread.seconds, [
			'/s_new', prefix ++ buffer.numChannels, -1, Node.addActions[addAction],
			(group ? server.defaultGroup).asNodeID,
			\buf, buffer.bufnum, \start, start, \dur, dur, \gain, gain, \pan, pan, \rate, rate,
			\attack, attack * shorter, \release, release * shorter, \out, out.asControlInput
		]);
		^true
	}

	free {
		server.serverRunning.if { buffers.do(_.free) };
		buffers.clear;
		ServerQuit.remove(this, server);
	}

	doOnServerQuit {
		buffers.clear;
		defined.clear;
	}

	printOn { |stream|
		stream << this.class.name << "(" << corpus << ", " << buffers.size << " buffers on " << server << ")";
	}

	prLoad {
		var problem = this.prReadAll;
		loading = false;
		this.prTell(problem);
	}

	// The text of what went wrong, or nil.
	prReadAll {
		var request;
		if(server.serverRunning.not) { ^"% does not run: boot it first".format(server) };
		request = reorder.sounds(corpus, error: {});
		if(request.join and: { request.answer.isEmpty }) {
			reorder.sync(error: {}).join;    // a load is on its way, whose sounds are not there before
			request = reorder.sounds(corpus, error: {});
		};
		if(request.join.not) { ^request.text };
		rows = request.answer;
		rows.do { |row| this.prRead(row) !? { |problem| ^problem } };
		^nil
	}

	prTell { |problem|
		var told = waiting.copy;
		waiting.clear;
		told.do { |pair|
			if(problem.isNil) { pair[0].value(this) } {
				pair[1].notNil.if { pair[1].value(problem) } { "OscReorder sounds: %".format(problem).error }
			}
		};
	}

	prRead { |row|
		var index = row[\index], read = CondVar.new, buffer;
		if(buffers[index].notNil) { ^nil };
		if(File.exists(row[\path]).not) {
			^"the sound % is not on this machine; the server needs the files that the daemon has read".format(row[\path])
		};
		this.prDefine(row[\channels]);
		buffer = Buffer.read(server, row[\path], action: { |itself| buffers[index] = itself; read.signalAll });
		// A server that cannot read a file never says so to the action.
		^read.waitFor(30 + (row[\length] / 1e6), { buffers[index].notNil }).if { nil } {
			"% could not read %".format(server, row[\path])
		}
	}

	prDefine { |channels|
		if(defined.includes(channels).not) {
			this.class.synthDef(channels).send(server);
			defined.add(channels);
			server.sync;
		};
	}
}
