TestOscReorderStream : OscReorderUnitTest {
	// A stream that has begun, with the grains that it heard of.
	begin { |options|
		var heard = List.new, stream;
		this.boot;
		this.load;
		stream = this.reorder.stream(\tests, options);
		stream.onGrain = { |grain| heard.add(grain) };
		this.until({ stream.running }, "it has begun");
		^[stream, heard]
	}

	test_grains_come_after_a_target_and_are_played {
		var stream, heard, ended;
		#stream, heard = this.begin([rate: 50, attack_ms: 2]);
		this.assertEquals(heard.size, 0, "nothing sounds before the first target");
		stream.target(5);
		this.until({ heard.size > 20 }, "grains come");
		this.assertEquals(stream.played, heard.size, "each is played");
		this.assertFloatEquals(heard[9][\time] - heard[4][\time], 0.1, "at the rate", 1e-4);
		this.assert(heard.every { |grain| grain[\dur] > 0 and: { grain[\sound] == 0 } }, "each is a stretch of a sound");
		stream.stop { |answer| ended = answer };
		this.until({ ended.notNil }, "it ends");
		this.assert(ended[\sent] >= heard.size, "the daemon tells how many it sent");
		this.assertEquals(stream.state, \stopped, "it has stopped");
	}

	test_a_target_before_the_start_is_kept {
		var stream, heard = 0;
		this.boot;
		this.load;
		stream = OscReorderStream(this.reorder, \tests);
		stream.target(0.5@0.5);
		stream.onGrain = { heard = heard + 1 };
		stream.start([count: 3, rate: 100]);
		this.until({ stream.state == \stopped and: { heard > 0 } }, "it ends by its count");
		this.assertEquals(heard, 3, "so many grains");
	}

	test_settings_change_while_it_runs {
		var stream, heard;
		#stream, heard = this.begin([rate: 5]);
		stream.target(1);
		stream.set(\rate, 200, \gain_db, -20);
		this.until({ heard.size > 50 }, "many grains");
		this.assertFloatEquals(heard.last[\gain], 0.1, "softer", 1e-3);
		stream.stop;
	}

	test_errors_in_words {
		var text, told, stream, heard;
		this.boot;
		OscReorderStream(this.reorder, \nobody).start(error: { |problem| text = problem });
		this.until({ text.notNil }, "no such corpus");
		this.assert(text.contains("nobody"), "which one");
		#stream, heard = this.begin;
		this.reorder.onError = { |command, code, text| told = [command, code] };
		stream.target([1, 2]);
		this.until({ told.notNil }, "a vector of another size is refused");
		this.assertEquals(told, ['stream/target', 2], "as a bad argument");
		this.reorder.onError = { |command, code, text| "OscReorder %: % (code %)".format(command, text, code).postln };
		stream.stop;
	}

	// The daemon of a test may have no audio device: then it says so.
	test_the_server_is_not_needed_where_the_daemon_sounds {
		var text, began = false, stream = OscReorderStream(this.reorder, \tests, Server(\silent, NetAddr("127.0.0.1", 1)));
		this.load;
		stream.start([play: 1], { began = true }, { |problem| text = problem });
		this.until({ began or: { text.notNil } }, "it is answered");
		this.assert(began or: { text.contains("boot").not }, "without a word of the server");
		stream.stop;
		stream.server.remove;
	}

	test_cmd_period_stops {
		var stream, heard;
		#stream, heard = this.begin([rate: 50]);
		stream.target(1);
		this.until({ heard.notEmpty }, "it sounds");
		stream.cmdPeriod;
		this.assertEquals(stream.state, \stopped, "and is silent");
	}

	test_it_can_start_again {
		var stream, heard;
		#stream, heard = this.begin([rate: 50]);
		stream.target(1);
		this.until({ heard.notEmpty }, "it sounds");
		stream.stop;
		this.reorder.sync.wait;
		heard.clear;
		stream.start;
		this.until({ heard.notEmpty }, "it sounds again, aimed as before");
		stream.stop;
	}
}
