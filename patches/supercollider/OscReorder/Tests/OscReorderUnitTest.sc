// What the tests of this Quark share. They need a daemon that reads violin.flac below a root of its own:
// at the port of the environment variable OSCREORDER_PORT, or at 57140. Those that sound boot the default server.
OscReorderUnitTest : UnitTest {
	*port {
		^("OSCREORDER_PORT".getenv ?? { "57140" }).asInteger
	}

	reorder {
		^OscReorder.connect("127.0.0.1", this.class.port)
	}

	// A fresh corpus of a short violin: few long grains.
	load { |corpus = \tests|
		this.endOf(this.reorder.free(corpus));
		this.reorder.load(corpus, "violin.flac").wait;
		^this.reorder.analyse(corpus, [win_length: 8192, hop_length: 4096]).wait
	}

	// The first end of a request: \done with the answer, or the code and the text of the error.
	endOf { |request|
		^request.join.if { [\done, request.answer] } { [request.code, request.text] }
	}

	until { |condition, what, seconds = 20|
		var given = Main.elapsedTime + seconds;
		while { condition.value.not and: { Main.elapsedTime < given } } { 0.02.wait };
		^this.assert(condition.value, what)
	}

	boot {
		this.bootServer(Server.default);
		Server.default.sync;
	}
}
