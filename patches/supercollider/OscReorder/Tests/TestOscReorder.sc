TestOscReorder : OscReorderUnitTest {
	test_connect_is_the_same_again {
		this.assert(this.reorder === this.reorder, "one for each daemon");
		this.assert(this.reorder.running, "it runs");
	}

	test_do_when_running {
		var heard;
		this.reorder.doWhenRunning { |itself| heard = itself };
		this.assert(heard === this.reorder, "at once where it runs");
	}

	test_load_tells_what_it_read {
		var answer, grains;
		this.endOf(this.reorder.free(\tests));
		answer = this.reorder.load(\tests, "violin.flac").wait;
		this.assertEquals([answer[\sounds], answer[\skipped]], [1, 0], "one sound, none skipped");
		this.assert(answer[\seconds] > 0, "it has a length");
		grains = this.reorder.analyse(\tests, (win_length: 4096, hop_length: 2048)).wait[\grains];
		this.assert(grains > 1, "and grains");
	}

	test_render_writes_a_file {
		var answer, file;
		this.load;
		answer = this.reorder.render(\tests, "from sclang.wav", [order: \tour, overwrite: true]).wait;
		file = SoundFile.openRead(answer[\path]);
		this.assertEquals([file.numFrames, file.sampleRate.asInteger], [answer[\frames], answer[\sr]], "as it was told");
		file.close;
		this.assertEquals(this.endOf(this.reorder.render(\tests, "from sclang.wav"))[0], 13, "it does not overwrite");
	}

	test_work_may_be_asked_for_at_once {
		var ends = List.new;
		this.endOf(this.reorder.free(\tests));
		this.reorder.load(\tests, "violin.flac", action: { ends.add(\load) });
		this.reorder.analyse(\tests, [steps: [\volume, \power_db]], { ends.add(\analyse) });
		this.reorder.order(\tests, "order.csv", [overwrite: 1], { ends.add(\order) });
		this.reorder.sync.wait;
		this.assertEquals(ends.asArray, [\load, \analyse, \order], "each ends, in the order in which it was asked for");
	}

	test_lists {
		this.load;
		this.assert(this.reorder.corpora.wait.collect { |row| row[\name] }.includesEqual("tests"), "the corpus is listed");
		this.assert(this.reorder.sounds(\tests).wait.first[\path].endsWith("violin.flac"), "and its sound");
		this.assert(this.reorder.status.wait[\corpora] >= 1, "and counted");
	}

	test_free_forgets {
		this.load(\gone);
		this.reorder.free(\gone).wait;
		this.assertEquals(this.endOf(this.reorder.sounds(\gone))[0], 3, "there is no such corpus");
	}

	test_neighbours_of_a_grain_a_point_and_a_vector {
		var features = this.load[\features], rows;
		rows = this.reorder.neighbours(\tests, 3, [k: 4]).wait;
		this.assertEquals(rows.size, 4, "as many as were asked for");
		this.assertEquals(rows.first[\grain], 3, "the nearest to a grain is that grain");
		this.assertEquals(rows.collect { |row| row[\rank] }, [0, 1, 2, 3], "they are ranked");
		this.assertEquals(rows.copy.sort { |a, b| a[\distance] < b[\distance] }, rows, "by their distance");
		this.assert(this.reorder.neighbours(\tests, 0.1@0.9).wait.notEmpty, "a point of the map has neighbours");
		this.assert(this.reorder.neighbours(\tests, 0 ! features).wait.notEmpty, "a vector has neighbours");
		this.assertEquals(this.endOf(this.reorder.neighbours(\tests, 1e6))[0], 3, "there is no such grain");
	}

	test_parameters_are_set_and_asked_for {
		var heard;
		this.assertEquals(this.reorder.set(\hop_length, 512).wait, 512, "the answer to set");
		this.reorder.get(\hop_length, { |value| heard = value }).wait;
		this.assertEquals(heard, 512, "the answer to get");
		this.assertEquals(this.endOf(this.reorder.set(\hop_length, -1))[0], 2, "a refused value");
		this.assertEquals(this.reorder.set(\hop_length, OscReorder.spec(\hop_length).default).wait, 2048, "as it was");
	}

	test_many_settings_are_answered_in_turn {
		var heard = List.new;
		(1..50).do { |value| this.reorder.set(\k, value, { |answer| heard.add(answer) }) };
		this.until({ heard.size == 50 }, "each is answered");
		this.assertEquals(heard.asArray, (1..50), "by its own value");
		this.reorder.set(\k, 8).wait;
	}

	test_unknown_command_names_the_nearest {
		var end = this.endOf(this.reorder.request(\lod, [\tests]));
		this.assertEquals(end[0], 1, "unknown command");
		this.assert(end[1].contains("/oscreorder/load"), "its text names the nearest");
	}

	test_places {
		this.assertEquals(OscReorder.place(7), [\grain, 7], "a number is a grain");
		this.assertEquals(OscReorder.place(0.25@0.5), [\point, 0.25, 0.5], "a Point is one of the map");
		this.assertEquals(OscReorder.place([1, 2.5]), [\vector, 1, 2.5], "an array is a vector");
		this.assertException({ OscReorder.place("here") }, Error, "a word is no place");
		this.assertException({ OscReorder.place([]) }, Error, "nothing is no place");
	}

	test_options {
		this.assertEquals(OscReorder.pairs([order: \tour, k: 3]), [\order, \tour, \k, 3], "pairs");
		this.assertEquals(OscReorder.pairs((order: \tour)), [\order, \tour], "an Event");
		this.assertEquals(OscReorder.pairs(nil), [], "none");
		this.assertEquals(OscReorder.pairs([steps: [\volume, \power_db]]), [\steps, "volume+power_db"], "names are joined");
		this.assertEquals(OscReorder.pairs([window: "hann"]), [\window, "hann"], "a String is one value");
		this.assertException({ OscReorder.pairs([\order]) }, Error, "a name without a value");
	}

	test_every_command_has_its_method {
		var elsewhere = #[notify, param, 'stream/start', 'stream/target', 'stream/set', 'stream/stop'];
		OscReorderTable.commandNames.difference(elsewhere).do { |name|
			this.assert(OscReorder.findMethod(name).notNil, "% has a method".format(name));
		};
	}
}
