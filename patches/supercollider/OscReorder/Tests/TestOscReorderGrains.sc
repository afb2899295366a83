TestOscReorderGrains : OscReorderUnitTest {
	read { |options|
		var grains, ready = false;
		this.boot;
		this.load;
		grains = this.reorder.grains(\tests, options, action: { ready = true });
		this.until({ ready }, "they are read");
		^grains
	}

	test_places_and_order {
		var grains = this.read([order: \original]), row = grains.sounds.rowAt(0);
		this.assertEquals(grains.order, (0 .. grains.size - 1), "the original order");
		this.assertEquals(grains.at(0)[\start], 0, "a grain is clipped to its file");
		this.assertEquals(grains.at(1)[\start], 0, "the second begins at half a window less a hop");
		this.assertEquals(grains.at(3)[\length], 8192, "a grain is as long as the window");
		this.assertEquals(grains.at(grains.size), nil, "there are no more");
		this.assert((0 .. grains.size - 1).every { |n|
			grains.at(n)[\start] + grains.at(n)[\length] <= row[\length]
		}, "none passes the end");
	}

	test_another_order {
		var grains = this.read([order: \tour]);
		this.assertEquals(grains.order.copy.sort, (0 .. grains.size - 1), "each grain once");
		this.assert(grains.order != (0 .. grains.size - 1), "in another order");
	}

	test_neighbouring_places_agree {
		var grains = this.read, row = this.reorder.neighbours(\tests, 4, [k: 1]).wait.first, place = grains.at(4);
		this.assertEquals(
			[row[\sound], row[\start], row[\length]], [place[\sound], place[\start], place[\length]],
			"the daemon's own word for a grain is the same"
		);
	}

	test_events_play_grains {
		var grains = this.read, server = grains.server;
		[
			(type: \oscReorder, grains: grains, grain: 3, sustain: 2),
			(type: \oscReorder, grains: grains, grain: [4, 5, 6], amp: 0.2, pan: [-1, 0, 1], sustain: 2),
			(type: \oscReorder, grains: grains, near: 0.5@0.5, k: 3, sustain: 2)
		].do(_.play);
		this.until({ server.numSynths == 5 }, "one synth for each grain", 1.5);
	}

	test_pattern {
		var grains = this.read, events = grains.asPattern.asStream.all(Event.default);
		this.assertEquals(events.collect { |event| event[\grain] }, grains.order, "the grains in their order");
	}

	test_errors_in_words {
		var text;
		this.boot;
		this.reorder.grains(\nobody, error: { |problem| text = problem });
		this.until({ text.notNil }, "no such corpus");
		this.assert(text.contains("nobody"), "which one");
	}
}
