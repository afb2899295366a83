TestOscReorderSounds : OscReorderUnitTest {
	test_sounds_are_read_once_for_all {
		var sounds, buffer, loads = 0;
		this.boot;
		this.load;
		sounds = this.reorder.soundsOn(\tests);
		2.do { sounds.load { loads = loads + 1 } };
		this.until({ loads == 2 }, "whoever asks is told");
		buffer = sounds.at(0);
		this.assertEquals(buffer.numFrames, sounds.rowAt(0)[\length], "a Buffer of the sound's length");
		this.assert(this.reorder.soundsOn(\tests) === sounds, "the same for all who play them");
		sounds.load { loads = loads + 1 };
		this.until({ loads == 3 }, "again");
		this.assert(sounds.at(0) === buffer, "nothing is read twice");
	}

	test_a_server_that_does_not_run {
		var text, server = Server(\silent, NetAddr("127.0.0.1", 1)), problem;
		this.load;
		this.reorder.soundsOn(\tests, server).load(nil, { |told| text = told });
		this.until({ text.notNil }, "it is said");
		this.assert(text.contains("boot"), "and what to do");
		server.remove;
	}

	test_free_frees_the_buffers {
		var sounds, loaded = false;
		this.boot;
		this.load;
		sounds = this.reorder.soundsOn(\tests);
		sounds.load { loaded = true };
		this.until({ loaded }, "loaded");
		this.reorder.free(\tests).wait;
		this.assertEquals(sounds.at(0), nil, "no buffer is left");
		this.assert(this.reorder.soundsOn(\tests) !== sounds, "another load begins anew");
	}

	test_synthdefs_for_any_number_of_channels {
		[1, 2, 5].do { |channels|
			this.assert(OscReorderSounds.synthDef(channels).asBytes.size > 0, "% channels".format(channels));
		};
	}
}
