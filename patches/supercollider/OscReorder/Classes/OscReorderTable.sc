// Made by patches/make_supercollider.py from the tables of oscreorder: not to be edited.
// The parameters and commands of the daemon, as Events by name.
OscReorderTable {
	classvar <version = "0.1.0", <parameters, <commands, <parameterNames, <commandNames;

	*initClass {
		parameters = this.prNamed(
			this.prParameters, #[name, kind, group, default, min, max, zero, unit, choices, help]
		);
		parameterNames = this.prParameters.collect(_.first);
		commands = this.prNamed(this.prCommands, #[name, usage, work, options, help]);
		commandNames = this.prCommands.collect(_.first);
	}

	*at { |name|
		^parameters[name.asSymbol] ?? { Error("OscReorder: there is no parameter %".format(name)).throw }
	}

	// The range of a number as a ControlSpec, for sliders.
	*spec { |name|
		var row = this.at(name);
		if(#[int, float, switch].includes(row[\kind]).not) {
			Error("OscReorder: % is one of the words %".format(name, row[\choices])).throw
		};
		^ControlSpec(
			row[\min], row[\max], \lin, (row[\kind] == \float).if { 0 } { 1 }, row[\default], row[\unit]
		)
	}

	*describe { |name|
		var row = this.at(name);
		var words = row[\choices];
		var range = words.notEmpty.if { words.join(", ") } { "% to %".format(row[\min], row[\max]) };
		^"%: %, % %, default %: %".format(name, row[\kind], range, row[\unit], row[\default], row[\help])
	}

	*prNamed { |rows, keys|
		var named = IdentityDictionary.new;
		rows.do { |row| named[row[0]] = Event.new.putPairs([keys, row].lace) };
		^named
	}

	*prParameters {
		^#[
			['sample_rate', 'int', 'load', 0, 8000, 192000, true, "Hz", [], "the corpus's rate; 0: that of its first sound"],
			['win_length', 'int', 'analysis', 4096, 16, 131072, false, "samples", [], "length of a frame's window"],
			['hop_length', 'int', 'analysis', 2048, 1, 131072, false, "samples", [], "from frame to frame; at most win_length"],
			['n_fft', 'int', 'analysis', 0, 16, 262144, true, "samples", [], "length of the transform; 0: win_length; odd values work too"],
			['window', 'choice', 'analysis', "hann", 0, 0, false, "", ['hann', 'hamming', 'blackman', 'boxcar'], "shape of the window"],
			['n_mels', 'int', 'analysis', 128, 1, 512, false, "", [], "mel bands"],
			['fmin_hz', 'float', 'analysis', 0.0, 0.0, 96000.0, false, "Hz", [], "lower edge of the bands"],
			['fmax_hz', 'float', 'analysis', 0.0, 0.0, 96000.0, false, "Hz", [], "upper edge of the bands; 0: half the rate"],
			['steps', 'names', 'analysis', "power_db", 0, 0, false, "", ['none', 'power_db', 'amplitude_db', 'volume', 'low_weight', 'notebook_volume', 'notebook_log'], "scaling steps, applied left to right; none: mel power as it is"],
			['features', 'int', 'analysis', 16, 1, 128, false, "", [], "dimensions of the search space (PCA of the descriptors)"],
			['order', 'choice', 'order', "similarity", 0, 0, false, "", ['similarity', 'tour', 'pca', 'tsne', 'cluster', 'original', 'random'], "how the grains are ordered"],
			['reverse', 'switch', 'order', 0, 0, 1, false, "", [], "play the order backwards"],
			['amount', 'float', 'order', 1.0, 0.0, 1.0, false, "", [], "0: original order, 1: fully ordered"],
			['window_s', 'float', 'order', 0.0, 0.0, 3600.0, false, "s", [], "order inside each stretch of this length; 0: the whole corpus"],
			['min_dt_s', 'float', 'order', 0.0, 0.0, 60.0, false, "s", [], "successive grains at least this far apart in their sound"],
			['clusters', 'int', 'order', 8, 1, 512, false, "", [], "number of clusters, for order cluster"],
			['perplexity', 'float', 'order', 30.0, 2.0, 500.0, false, "", [], "for t-SNE; lowered, with a notice, where there are too few grains"],
			['seed', 'int', 'order', 42, 0, 16777215, false, "", [], "same seed, settings, version and machine: the same file"],
			['joins', 'choice', 'render', "smooth", 0, 0, false, "", ['smooth', 'notebook'], "smooth: the level is kept and the identity is exact; notebook: plain overlap-add, as librosa.istft"],
			['spacing', 'choice', 'render', "even", 0, 0, false, "", ['even', 'distance'], "even: one grain each hop; distance: spaced by their distance along the order"],
			['transform', 'choice', 'render', "none", 0, 0, false, "", ['none', 'drop_phase', 'unit_phase', 'flip_frequency', 'flip_time', 'shuffle_bins', 'mask_bins'], "spectral transform of each grain"],
			['mask_keep', 'float', 'render', 0.5, 0.0, 1.0, false, "", [], "share of the bins that mask_bins keeps"],
			['subtype', 'choice', 'file', "auto", 0, 0, false, "", ['auto', 'PCM_16', 'PCM_24', 'FLOAT'], "sample format of the file; auto: 24 bit where the format can"],
			['overwrite', 'switch', 'file', 0, 0, 1, false, "", [], "replace the output where it exists"],
			['kind', 'choice', 'plot', "map", 0, 0, false, "", ['map', 'spectrogram', 'order'], "which picture"],
			['embedding', 'choice', 'map', "pca", 0, 0, false, "", ['pca', 'tsne'], "what places the grains of the 2-D map"],
			['components', 'int', 'plot', 2, 1, 2, false, "", [], "dimensions of a map"],
			['k', 'int', 'neighbours', 8, 1, 256, false, "", [], "how many neighbours; a stream goes beyond them while all of them have just sounded, see repeat_s"],
			['radius', 'float', 'neighbours', 0.0, 0.0, 1e10, false, "", [], "no neighbour is farther away; 0: no limit"],
			['rate', 'float', 'stream', 20.0, 0.1, 2000.0, false, "1/s", [], "grains a second, in bow and chain"],
			['mode', 'choice', 'stream', "bow", 0, 0, false, "", ['bow', 'beat', 'fence', 'chain'], "bow: follow the target at rate; beat: on each target; fence: only when the nearest grain changes; chain: each grain's neighbour follows it"],
			['choose', 'choice', 'stream', "nearest", 0, 0, false, "", ['nearest', 'random', 'urn', 'weighted'], "which of the k neighbours sounds; urn: each once before any returns; weighted: near ones more often"],
			['repeat_s', 'float', 'stream', 0.5, 0.0, 60.0, false, "s", [], "a grain does not return sooner, even if another than the k nearest must sound; 0: it may"],
			['count', 'int', 'stream', 0, 0, 16777215, false, "", [], "stop after so many grains; 0: until told"],
			['lookahead_ms', 'float', 'stream', 100.0, 5.0, 2000.0, false, "ms", [], "how far ahead grains are sent"],
			['tags', 'switch', 'stream', 1, 0, 1, false, "", [], "grains in bundles with timetags; 0: plain messages with the stream's time"],
			['play', 'switch', 'stream', 0, 0, 1, false, "", [], "the daemon sounds the grains itself"],
			['tell', 'switch', 'stream', 1, 0, 1, false, "", [], "with play 1, send the grains as messages too"],
			['attack_ms', 'float', 'stream', 10.0, 0.0, 5000.0, false, "ms", [], "fade in of a grain"],
			['release_ms', 'float', 'stream', 10.0, 0.0, 5000.0, false, "ms", [], "fade out of a grain"],
			['gain_db', 'float', 'stream', 0.0, -120.0, 24.0, false, "dB", [], "level of the grains"],
			['pan', 'float', 'stream', 0.0, -1.0, 1.0, false, "", [], "place between left, -1, and right, 1"],
			['spread', 'float', 'stream', 0.0, 0.0, 1.0, false, "", [], "how far chance scatters the grains around pan"]
		]
	}

	*prCommands {
		^#[
			['ping', "id", false, [], "answers at once: version and uptime"],
			['status', "id [limits]", false, [], "counts: corpora, jobs, streams, peers, packets, refused, late; with 1, first one limit each"],
			['notify', "id on [port]", false, [], "1: send replies to this port of yours and tell alive each 2 s, for 60 s after your last packet; 0: end it"],
			['param', "[value]", false, [], "sets a parameter, or asks for it; answered by /oscreorder/param"],
			['params', "id", false, [], "lists the parameters, one info each"],
			['commands', "id", false, [], "lists the commands, one info each"],
			['load', "id corpus path [options]", true, ['sample_rate'], "reads a file, a folder or a glob into a corpus; more is added to what it has"],
			['analyse', "id corpus [options]", true, ['win_length', 'hop_length', 'n_fft', 'window', 'n_mels', 'fmin_hz', 'fmax_hz', 'steps', 'features'], "cuts the corpus into grains and describes them"],
			['render', "id corpus out [options]", true, ['win_length', 'hop_length', 'n_fft', 'window', 'n_mels', 'fmin_hz', 'fmax_hz', 'steps', 'features', 'order', 'reverse', 'amount', 'window_s', 'min_dt_s', 'clusters', 'perplexity', 'seed', 'joins', 'spacing', 'transform', 'mask_keep', 'subtype', 'overwrite'], "writes the corpus re-ordered by likeness as a sound file: .wav .flac .aiff .ogg .mp3"],
			['order', "id corpus out [options]", true, ['win_length', 'hop_length', 'n_fft', 'window', 'n_mels', 'fmin_hz', 'fmax_hz', 'steps', 'features', 'order', 'reverse', 'amount', 'window_s', 'min_dt_s', 'clusters', 'perplexity', 'seed', 'joins', 'spacing', 'transform', 'mask_keep', 'subtype', 'overwrite'], "writes the order as a file: .csv, .json or .txt (Audacity labels)"],
			['plot', "id corpus out [options]", true, ['win_length', 'hop_length', 'n_fft', 'window', 'n_mels', 'fmin_hz', 'fmax_hz', 'steps', 'features', 'order', 'reverse', 'amount', 'window_s', 'min_dt_s', 'clusters', 'perplexity', 'seed', 'subtype', 'overwrite', 'kind', 'embedding', 'components'], "writes a picture: kind map, spectrogram or order"],
			['neighbours', "id corpus (grain n | point x y | vector v…) [options]", false, ['perplexity', 'seed', 'embedding', 'k', 'radius'], "tells the nearest grains, one neighbour each; analyses, and makes the 2-D map for a point, where needed"],
			['stream/start', "id corpus [options]", false, ['perplexity', 'seed', 'embedding', 'k', 'radius', 'rate', 'mode', 'choose', 'repeat_s', 'count', 'lookahead_ms', 'tags', 'play', 'tell', 'attack_ms', 'release_ms', 'gain_db', 'pan', 'spread'], "begins a stream of this id: from the first target on, grains come in time; analyses first where needed"],
			['stream/target', "stream (grain n | point x y | vector v…)", false, [], "aims a stream; answered only by an error"],
			['stream/set', "stream name value…", false, ['k', 'radius', 'rate', 'mode', 'choose', 'repeat_s', 'count', 'lookahead_ms', 'tags', 'play', 'tell', 'attack_ms', 'release_ms', 'gain_db', 'pan', 'spread'], "changes parameters of a stream; answered only by an error"],
			['stream/stop', "id stream", false, [], "ends a stream of yours, or with -1 all; tells how many grains it sent and how many were late"],
			['corpora', "id", false, [], "lists the corpora, one corpus message each"],
			['sounds', "id corpus", false, [], "lists the sounds of a corpus, one sound message each"],
			['copies', "id corpus", true, [], "lists its sounds as sounds does, with a copy as WAV, which is made, of each that is neither WAV nor AIFF"],
			['free', "id corpus", false, [], "forgets a corpus"],
			['cancel', "id other_id", false, [], "ends another request of yours; its files are not left behind"],
			['sync', "id", false, [], "answers when all your earlier work has ended"],
			['quit', "id", false, [], "ends the daemon; only from the same machine"]
		]
	}

}
