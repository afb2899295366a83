TestOscReorderRequest : OscReorderUnitTest {
	test_action_gets_the_answer_by_name {
		var version;
		var request = this.reorder.ping({ |answer| version = answer[\version] });
		this.assertEquals(request.wait[\version], OscReorderTable.version, "what wait returns");
		this.assertEquals(version, OscReorderTable.version, "what the action gets");
		this.assertEquals(request.state, \done, "it has ended");
	}

	test_error_gets_code_and_text {
		var heard;
		var request = this.reorder.load(\tests, "not there.wav", error: { |code, text| heard = [code, text] });
		this.assertEquals(this.endOf(request)[0], 10, "the code that the protocol lists");
		this.assertEquals(heard, [10, request.text], "the error function gets the same");
		this.assert(request.text.contains("not there.wav"), "the text names the file");
		this.assertEquals(request.state, \failed, "it has ended");
	}

	test_wait_throws_where_it_failed {
		var text;
		try { this.reorder.sounds(\nobody).wait } { |problem| text = problem.errorString };
		this.assert(text.contains("nobody"), "the Error says what went wrong");
	}

	test_progress {
		var fractions = List.new;
		this.load;
		this.reorder.render(
			\tests, "progress.wav", [order: \tsne, overwrite: 1], progress: { |fraction| fractions.add(fraction) }
		).wait;
		this.assert(fractions.notEmpty, "it tells how far it is");
		this.assertEquals(fractions.copy.sort, fractions, "it does not go back");
	}

	test_repeated_request_runs_once {
		var heard = 0, request;
		this.load;
		request = this.reorder.render(\tests, "once.wav", [order: \tsne, overwrite: 1], { heard = heard + 1 });
		5.do { request.send };
		request.wait;
		request.send;
		this.reorder.sync.wait;
		this.assertEquals(heard, 1, "one end, however often it was sent");
	}

	test_cancel {
		var request;
		this.load;
		request = this.reorder.render(\tests, "cancelled.wav", [order: \tsne, hop_length: 64, overwrite: 1]);
		request.cancel;
		this.assertEquals(this.endOf(request)[0], 5, "it ends with the code for a cancelled request");
	}

	test_lost_rows_are_asked_for_again {
		var rows, request = OscReorderRequest(
			this.reorder, \params, OscReorder.nextId, [], nil, #[name], { |answer| rows = answer });
		request.send;
		request.addRow([\alone]);
		request.done([2]);
		this.assertEquals(rows, nil, "it has not ended with a row missing");
		request.addRow([\one]);
		request.addRow([\two]);
		request.done([2]);
		this.assertEquals(rows.collect(_[\name]), ["one", "two"], "it has ended with all rows, each once");
	}
}
