TestOscReorderTable : OscReorderUnitTest {
	test_specs_of_numbers {
		var spec = OscReorder.spec(\hop_length);
		this.assertEquals([spec.minval, spec.maxval, spec.default, spec.step], [1, 131072, 2048, 1], "whole numbers");
		this.assertFloatEquals(OscReorder.spec(\amount).map(0.5), 0.5, "a float has no steps");
		this.assertEquals(OscReorder.spec(\overwrite).constrain(0.7), 1.0, "a switch is 0 or 1");
	}

	test_words_have_no_spec {
		this.assertException({ OscReorder.spec(\order) }, Error, "order is a word");
		this.assertException({ OscReorder.spec(\nothing) }, Error, "no such parameter");
	}

	test_descriptions {
		this.assert(OscReorderTable.describe(\order).contains("similarity"), "the words that are allowed");
		this.assert(OscReorderTable.describe(\hop_length).contains("131072 samples"), "the range and its unit");
	}

	test_the_daemon_has_the_same_table {
		var told = this.reorder.params.wait;
		this.assertEquals(told.collect { |row| row[\name].asSymbol }, OscReorderTable.parameterNames, "the parameters");
		told.do { |row|
			this.assert(row[\help].beginsWith(OscReorderTable.at(row[\name])[\help]), "the help of %".format(row[\name]));
		};
	}

	test_the_daemon_has_the_same_commands {
		var told = this.reorder.commands.wait.collect { |row| row[\address].asString.split($/).drop(2).join("/") };
		this.assertEquals(
			told.collect { |name| name.replace("/<name>", "").asSymbol }, OscReorderTable.commandNames, "the commands");
	}
}
