{
 "patcher": {
  "fileversion": 1,
  "appversion": {
   "major": 8,
   "minor": 6,
   "revision": 5,
   "architecture": "x64",
   "modernui": 1
  },
  "classnamespace": "box",
  "rect": [
   80.0,
   100.0,
   1240.0,
   2518.0
  ],
  "gridsize": [
   15.0,
   15.0
  ],
  "boxes": [
   {
    "box": {
     "id": "obj-1",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      10.0,
      381.0,
      20.0
     ],
     "text": "oscreorder: the connection with the oscreorder daemon"
    }
   },
   {
    "box": {
     "id": "obj-2",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      40.0,
      1060.0,
      40.0
     ],
     "text": "Sends commands, numbers them by itself, sorts the answers, and says in words what is wrong. The daemon is a program of its own. Start it in a terminal: oscreorder serve --root examples/sounds"
    }
   },
   {
    "box": {
     "id": "obj-3",
     "maxclass": "message",
     "numinlets": 2,
     "numoutlets": 1,
     "outlettype": [
      ""
     ],
     "patching_rect": [
      20.0,
      110.0,
      175.0,
      22.0
     ],
     "text": "load violin violin.flac"
    }
   },
   {
    "box": {
     "id": "obj-4",
     "maxclass": "message",
     "numinlets": 2,
     "numoutlets": 1,
     "outlettype": [
      ""
     ],
     "patching_rect": [
      30.0,
      140.0,
      329.0,
      22.0
     ],
     "text": "render violin tour.wav order tour overwrite 1"
    }
   },
   {
    "box": {
     "id": "obj-5",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      460.0,
      140.0,
      262.0,
      20.0
     ],
     "text": "command, arguments, options as pairs"
    }
   },
   {
    "box": {
     "id": "obj-6",
     "maxclass": "message",
     "numinlets": 2,
     "numoutlets": 1,
     "outlettype": [
      ""
     ],
     "patching_rect": [
      40.0,
      170.0,
      161.0,
      22.0
     ],
     "text": "param hop_length 1024"
    }
   },
   {
    "box": {
     "id": "obj-7",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      460.0,
      170.0,
      318.0,
      20.0
     ],
     "text": "set a parameter; without a value: ask for it"
    }
   },
   {
    "box": {
     "id": "obj-8",
     "maxclass": "message",
     "numinlets": 2,
     "numoutlets": 1,
     "outlettype": [
      ""
     ],
     "patching_rect": [
      50.0,
      200.0,
      42.0,
      22.0
     ],
     "text": "ping"
    }
   },
   {
    "box": {
     "id": "obj-9",
     "maxclass": "newobj",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      40.0,
      350.0,
      84.0,
      22.0
     ],
     "text": "print done"
    }
   },
   {
    "box": {
     "id": "obj-10",
     "maxclass": "newobj",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      350.0,
      77.0,
      22.0
     ],
     "text": "print row"
    }
   },
   {
    "box": {
     "id": "obj-11",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      390.0,
      1060.0,
      40.0
     ],
     "text": "outlets: done (command, id, values), rows of lists (with their address), grains (stream, t_ms, lead_ms, sound, start, dur_ms, gain, pan, distance), progress, words, 1 or 0 (the daemon answers or not), every reply as it came."
    }
   },
   {
    "box": {
     "id": "obj-12",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      450.0,
      1060.0,
      60.0
     ],
     "text": "arguments: host, port, port for the answers; what is left out is 127.0.0.1 57140 57141. stream/target, stream/set and stream/stop mean the stream that was started last. See also: oscreorder.grains~, and oscreorder walkthrough in the Extras menu. Made and checked by the file format of Max 8 and 9; it was not run in Max. Please tell us what you find."
    }
   },
   {
    "box": {
     "id": "obj-13",
     "maxclass": "bpatcher",
     "numinlets": 1,
     "numoutlets": 7,
     "outlettype": [
      "",
      "",
      "",
      "",
      "",
      "",
      ""
     ],
     "patching_rect": [
      20.0,
      240.0,
      560.0,
      92.0
     ],
     "name": "oscreorder.maxpat",
     "args": [],
     "offset": [
      0.0,
      0.0
     ],
     "embed": 0
    }
   },
   {
    "box": {
     "id": "obj-14",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      520.0,
      38.0,
      20.0
     ],
     "text": "ping"
    }
   },
   {
    "box": {
     "id": "obj-15",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      60.0,
      542.0,
      255.0,
      20.0
     ],
     "text": "answers at once: version and uptime"
    }
   },
   {
    "box": {
     "id": "obj-16",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      564.0,
      115.0,
      20.0
     ],
     "text": "status [limits]"
    }
   },
   {
    "box": {
     "id": "obj-17",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      60.0,
      586.0,
      647.0,
      20.0
     ],
     "text": "counts: corpora, jobs, streams, peers, packets, refused, late; with 1, first one limit each"
    }
   },
   {
    "box": {
     "id": "obj-18",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      608.0,
      122.0,
      20.0
     ],
     "text": "notify on [port]"
    }
   },
   {
    "box": {
     "id": "obj-19",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      60.0,
      630.0,
      745.0,
      20.0
     ],
     "text": "1: send replies to this port of yours and tell alive each 2 s, for 60 s after your last packet; 0: end it"
    }
   },
   {
    "box": {
     "id": "obj-20",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      652.0,
      101.0,
      20.0
     ],
     "text": "param [value]"
    }
   },
   {
    "box": {
     "id": "obj-21",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      60.0,
      674.0,
      451.0,
      20.0
     ],
     "text": "sets a parameter, or asks for it; answered by /oscreorder/param"
    }
   },
   {
    "box": {
     "id": "obj-22",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      696.0,
      52.0,
      20.0
     ],
     "text": "params"
    }
   },
   {
    "box": {
     "id": "obj-23",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      60.0,
      718.0,
      255.0,
      20.0
     ],
     "text": "lists the parameters, one info each"
    }
   },
   {
    "box": {
     "id": "obj-24",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      740.0,
      66.0,
      20.0
     ],
     "text": "commands"
    }
   },
   {
    "box": {
     "id": "obj-25",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      60.0,
      762.0,
      241.0,
      20.0
     ],
     "text": "lists the commands, one info each"
    }
   },
   {
    "box": {
     "id": "obj-26",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      784.0,
      192.0,
      20.0
     ],
     "text": "load corpus path [options]"
    }
   },
   {
    "box": {
     "id": "obj-27",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      60.0,
      806.0,
      542.0,
      20.0
     ],
     "text": "reads a file, a folder or a glob into a corpus; more is added to what it has"
    }
   },
   {
    "box": {
     "id": "obj-28",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      828.0,
      178.0,
      20.0
     ],
     "text": "analyse corpus [options]"
    }
   },
   {
    "box": {
     "id": "obj-29",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      60.0,
      850.0,
      332.0,
      20.0
     ],
     "text": "cuts the corpus into grains and describes them"
    }
   },
   {
    "box": {
     "id": "obj-30",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      872.0,
      199.0,
      20.0
     ],
     "text": "render corpus out [options]"
    }
   },
   {
    "box": {
     "id": "obj-31",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      60.0,
      894.0,
      598.0,
      20.0
     ],
     "text": "writes the corpus re-ordered by likeness as a sound file: .wav .flac .aiff .ogg .mp3"
    }
   },
   {
    "box": {
     "id": "obj-32",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      916.0,
      192.0,
      20.0
     ],
     "text": "order corpus out [options]"
    }
   },
   {
    "box": {
     "id": "obj-33",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      60.0,
      938.0,
      465.0,
      20.0
     ],
     "text": "writes the order as a file: .csv, .json or .txt (Audacity labels)"
    }
   },
   {
    "box": {
     "id": "obj-34",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      960.0,
      185.0,
      20.0
     ],
     "text": "plot corpus out [options]"
    }
   },
   {
    "box": {
     "id": "obj-35",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      60.0,
      982.0,
      346.0,
      20.0
     ],
     "text": "writes a picture: kind map, spectrogram or order"
    }
   },
   {
    "box": {
     "id": "obj-36",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1004.0,
      437.0,
      20.0
     ],
     "text": "neighbours corpus (grain n | point x y | vector v…) [options]"
    }
   },
   {
    "box": {
     "id": "obj-37",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      60.0,
      1026.0,
      731.0,
      20.0
     ],
     "text": "tells the nearest grains, one neighbour each; analyses, and makes the 2-D map for a point, where needed"
    }
   },
   {
    "box": {
     "id": "obj-38",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1048.0,
      213.0,
      20.0
     ],
     "text": "stream/start corpus [options]"
    }
   },
   {
    "box": {
     "id": "obj-39",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      60.0,
      1070.0,
      724.0,
      20.0
     ],
     "text": "begins a stream of this id: from the first target on, grains come in time; analyses first where needed"
    }
   },
   {
    "box": {
     "id": "obj-40",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1092.0,
      388.0,
      20.0
     ],
     "text": "stream/target stream (grain n | point x y | vector v…)"
    }
   },
   {
    "box": {
     "id": "obj-41",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      60.0,
      1114.0,
      290.0,
      20.0
     ],
     "text": "aims a stream; answered only by an error"
    }
   },
   {
    "box": {
     "id": "obj-42",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1136.0,
      213.0,
      20.0
     ],
     "text": "stream/set stream name value…"
    }
   },
   {
    "box": {
     "id": "obj-43",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      60.0,
      1158.0,
      409.0,
      20.0
     ],
     "text": "changes parameters of a stream; answered only by an error"
    }
   },
   {
    "box": {
     "id": "obj-44",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1180.0,
      136.0,
      20.0
     ],
     "text": "stream/stop stream"
    }
   },
   {
    "box": {
     "id": "obj-45",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      60.0,
      1202.0,
      654.0,
      20.0
     ],
     "text": "ends a stream of yours, or with -1 all; tells how many grains it sent and how many were late"
    }
   },
   {
    "box": {
     "id": "obj-46",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1224.0,
      59.0,
      20.0
     ],
     "text": "corpora"
    }
   },
   {
    "box": {
     "id": "obj-47",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      60.0,
      1246.0,
      304.0,
      20.0
     ],
     "text": "lists the corpora, one corpus message each"
    }
   },
   {
    "box": {
     "id": "obj-48",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1268.0,
      101.0,
      20.0
     ],
     "text": "sounds corpus"
    }
   },
   {
    "box": {
     "id": "obj-49",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      60.0,
      1290.0,
      374.0,
      20.0
     ],
     "text": "lists the sounds of a corpus, one sound message each"
    }
   },
   {
    "box": {
     "id": "obj-50",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1312.0,
      101.0,
      20.0
     ],
     "text": "copies corpus"
    }
   },
   {
    "box": {
     "id": "obj-51",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      60.0,
      1334.0,
      738.0,
      20.0
     ],
     "text": "lists its sounds as sounds does, with a copy as WAV, which is made, of each that is neither WAV nor AIFF"
    }
   },
   {
    "box": {
     "id": "obj-52",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1356.0,
      87.0,
      20.0
     ],
     "text": "free corpus"
    }
   },
   {
    "box": {
     "id": "obj-53",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      60.0,
      1378.0,
      122.0,
      20.0
     ],
     "text": "forgets a corpus"
    }
   },
   {
    "box": {
     "id": "obj-54",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1400.0,
      115.0,
      20.0
     ],
     "text": "cancel other_id"
    }
   },
   {
    "box": {
     "id": "obj-55",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      60.0,
      1422.0,
      430.0,
      20.0
     ],
     "text": "ends another request of yours; its files are not left behind"
    }
   },
   {
    "box": {
     "id": "obj-56",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1444.0,
      38.0,
      20.0
     ],
     "text": "sync"
    }
   },
   {
    "box": {
     "id": "obj-57",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      60.0,
      1466.0,
      318.0,
      20.0
     ],
     "text": "answers when all your earlier work has ended"
    }
   },
   {
    "box": {
     "id": "obj-58",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1488.0,
      38.0,
      20.0
     ],
     "text": "quit"
    }
   },
   {
    "box": {
     "id": "obj-59",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      60.0,
      1510.0,
      311.0,
      20.0
     ],
     "text": "ends the daemon; only from the same machine"
    }
   },
   {
    "box": {
     "id": "obj-60",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1552.0,
      87.0,
      20.0
     ],
     "text": "sample_rate"
    }
   },
   {
    "box": {
     "id": "obj-61",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      1552.0,
      164.0,
      20.0
     ],
     "text": "0 or 8000 to 192000 Hz"
    }
   },
   {
    "box": {
     "id": "obj-62",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      1552.0,
      73.0,
      20.0
     ],
     "text": "default 0"
    }
   },
   {
    "box": {
     "id": "obj-63",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      1552.0,
      325.0,
      20.0
     ],
     "text": "the corpus's rate; 0: that of its first sound"
    }
   },
   {
    "box": {
     "id": "obj-64",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1574.0,
      80.0,
      20.0
     ],
     "text": "win_length"
    }
   },
   {
    "box": {
     "id": "obj-65",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      1574.0,
      150.0,
      20.0
     ],
     "text": "16 to 131072 samples"
    }
   },
   {
    "box": {
     "id": "obj-66",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      1574.0,
      94.0,
      20.0
     ],
     "text": "default 4096"
    }
   },
   {
    "box": {
     "id": "obj-67",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      1574.0,
      192.0,
      20.0
     ],
     "text": "length of a frame's window"
    }
   },
   {
    "box": {
     "id": "obj-68",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1596.0,
      80.0,
      20.0
     ],
     "text": "hop_length"
    }
   },
   {
    "box": {
     "id": "obj-69",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      1596.0,
      143.0,
      20.0
     ],
     "text": "1 to 131072 samples"
    }
   },
   {
    "box": {
     "id": "obj-70",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      1596.0,
      94.0,
      20.0
     ],
     "text": "default 2048"
    }
   },
   {
    "box": {
     "id": "obj-71",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      1596.0,
      283.0,
      20.0
     ],
     "text": "from frame to frame; at most win_length"
    }
   },
   {
    "box": {
     "id": "obj-72",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1618.0,
      45.0,
      20.0
     ],
     "text": "n_fft"
    }
   },
   {
    "box": {
     "id": "obj-73",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      1618.0,
      185.0,
      20.0
     ],
     "text": "0 or 16 to 262144 samples"
    }
   },
   {
    "box": {
     "id": "obj-74",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      1618.0,
      73.0,
      20.0
     ],
     "text": "default 0"
    }
   },
   {
    "box": {
     "id": "obj-75",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      1618.0,
      423.0,
      20.0
     ],
     "text": "length of the transform; 0: win_length; odd values work too"
    }
   },
   {
    "box": {
     "id": "obj-76",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1640.0,
      52.0,
      20.0
     ],
     "text": "window"
    }
   },
   {
    "box": {
     "id": "obj-77",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      1640.0,
      227.0,
      20.0
     ],
     "text": "hann, hamming, blackman, boxcar"
    }
   },
   {
    "box": {
     "id": "obj-78",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      1640.0,
      94.0,
      20.0
     ],
     "text": "default hann"
    }
   },
   {
    "box": {
     "id": "obj-79",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      1640.0,
      143.0,
      20.0
     ],
     "text": "shape of the window"
    }
   },
   {
    "box": {
     "id": "obj-80",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1662.0,
      52.0,
      20.0
     ],
     "text": "n_mels"
    }
   },
   {
    "box": {
     "id": "obj-81",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      1662.0,
      66.0,
      20.0
     ],
     "text": "1 to 512"
    }
   },
   {
    "box": {
     "id": "obj-82",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      1662.0,
      87.0,
      20.0
     ],
     "text": "default 128"
    }
   },
   {
    "box": {
     "id": "obj-83",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      1662.0,
      73.0,
      20.0
     ],
     "text": "mel bands"
    }
   },
   {
    "box": {
     "id": "obj-84",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1684.0,
      59.0,
      20.0
     ],
     "text": "fmin_hz"
    }
   },
   {
    "box": {
     "id": "obj-85",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      1684.0,
      101.0,
      20.0
     ],
     "text": "0 to 96000 Hz"
    }
   },
   {
    "box": {
     "id": "obj-86",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      1684.0,
      87.0,
      20.0
     ],
     "text": "default 0.0"
    }
   },
   {
    "box": {
     "id": "obj-87",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      1684.0,
      171.0,
      20.0
     ],
     "text": "lower edge of the bands"
    }
   },
   {
    "box": {
     "id": "obj-88",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1706.0,
      59.0,
      20.0
     ],
     "text": "fmax_hz"
    }
   },
   {
    "box": {
     "id": "obj-89",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      1706.0,
      101.0,
      20.0
     ],
     "text": "0 to 96000 Hz"
    }
   },
   {
    "box": {
     "id": "obj-90",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      1706.0,
      87.0,
      20.0
     ],
     "text": "default 0.0"
    }
   },
   {
    "box": {
     "id": "obj-91",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      1706.0,
      297.0,
      20.0
     ],
     "text": "upper edge of the bands; 0: half the rate"
    }
   },
   {
    "box": {
     "id": "obj-92",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1728.0,
      45.0,
      20.0
     ],
     "text": "steps"
    }
   },
   {
    "box": {
     "id": "obj-93",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      1728.0,
      430.0,
      20.0
     ],
     "text": "up to 16 names joined by +, out of none, power_db, amplit..."
    }
   },
   {
    "box": {
     "id": "obj-94",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      1728.0,
      122.0,
      20.0
     ],
     "text": "default power_db"
    }
   },
   {
    "box": {
     "id": "obj-95",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      1728.0,
      444.0,
      20.0
     ],
     "text": "scaling steps, applied left to right; none: mel power as it is"
    }
   },
   {
    "box": {
     "id": "obj-96",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1750.0,
      66.0,
      20.0
     ],
     "text": "features"
    }
   },
   {
    "box": {
     "id": "obj-97",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      1750.0,
      66.0,
      20.0
     ],
     "text": "1 to 128"
    }
   },
   {
    "box": {
     "id": "obj-98",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      1750.0,
      80.0,
      20.0
     ],
     "text": "default 16"
    }
   },
   {
    "box": {
     "id": "obj-99",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      1750.0,
      395.0,
      20.0
     ],
     "text": "dimensions of the search space (PCA of the descriptors)"
    }
   },
   {
    "box": {
     "id": "obj-100",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1772.0,
      45.0,
      20.0
     ],
     "text": "order"
    }
   },
   {
    "box": {
     "id": "obj-101",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      1772.0,
      388.0,
      20.0
     ],
     "text": "similarity, tour, pca, tsne, cluster, original, random"
    }
   },
   {
    "box": {
     "id": "obj-102",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      1772.0,
      136.0,
      20.0
     ],
     "text": "default similarity"
    }
   },
   {
    "box": {
     "id": "obj-103",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      1772.0,
      192.0,
      20.0
     ],
     "text": "how the grains are ordered"
    }
   },
   {
    "box": {
     "id": "obj-104",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1794.0,
      59.0,
      20.0
     ],
     "text": "reverse"
    }
   },
   {
    "box": {
     "id": "obj-105",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      1794.0,
      52.0,
      20.0
     ],
     "text": "0 or 1"
    }
   },
   {
    "box": {
     "id": "obj-106",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      1794.0,
      73.0,
      20.0
     ],
     "text": "default 0"
    }
   },
   {
    "box": {
     "id": "obj-107",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      1794.0,
      178.0,
      20.0
     ],
     "text": "play the order backwards"
    }
   },
   {
    "box": {
     "id": "obj-108",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1816.0,
      52.0,
      20.0
     ],
     "text": "amount"
    }
   },
   {
    "box": {
     "id": "obj-109",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      1816.0,
      52.0,
      20.0
     ],
     "text": "0 to 1"
    }
   },
   {
    "box": {
     "id": "obj-110",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      1816.0,
      87.0,
      20.0
     ],
     "text": "default 1.0"
    }
   },
   {
    "box": {
     "id": "obj-111",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      1816.0,
      255.0,
      20.0
     ],
     "text": "0: original order, 1: fully ordered"
    }
   },
   {
    "box": {
     "id": "obj-112",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1838.0,
      66.0,
      20.0
     ],
     "text": "window_s"
    }
   },
   {
    "box": {
     "id": "obj-113",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      1838.0,
      87.0,
      20.0
     ],
     "text": "0 to 3600 s"
    }
   },
   {
    "box": {
     "id": "obj-114",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      1838.0,
      87.0,
      20.0
     ],
     "text": "default 0.0"
    }
   },
   {
    "box": {
     "id": "obj-115",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      1838.0,
      437.0,
      20.0
     ],
     "text": "order inside each stretch of this length; 0: the whole corpus"
    }
   },
   {
    "box": {
     "id": "obj-116",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1860.0,
      66.0,
      20.0
     ],
     "text": "min_dt_s"
    }
   },
   {
    "box": {
     "id": "obj-117",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      1860.0,
      73.0,
      20.0
     ],
     "text": "0 to 60 s"
    }
   },
   {
    "box": {
     "id": "obj-118",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      1860.0,
      87.0,
      20.0
     ],
     "text": "default 0.0"
    }
   },
   {
    "box": {
     "id": "obj-119",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      1860.0,
      402.0,
      20.0
     ],
     "text": "successive grains at least this far apart in their sound"
    }
   },
   {
    "box": {
     "id": "obj-120",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1882.0,
      66.0,
      20.0
     ],
     "text": "clusters"
    }
   },
   {
    "box": {
     "id": "obj-121",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      1882.0,
      66.0,
      20.0
     ],
     "text": "1 to 512"
    }
   },
   {
    "box": {
     "id": "obj-122",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      1882.0,
      73.0,
      20.0
     ],
     "text": "default 8"
    }
   },
   {
    "box": {
     "id": "obj-123",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      1882.0,
      269.0,
      20.0
     ],
     "text": "number of clusters, for order cluster"
    }
   },
   {
    "box": {
     "id": "obj-124",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1904.0,
      80.0,
      20.0
     ],
     "text": "perplexity"
    }
   },
   {
    "box": {
     "id": "obj-125",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      1904.0,
      66.0,
      20.0
     ],
     "text": "2 to 500"
    }
   },
   {
    "box": {
     "id": "obj-126",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      1904.0,
      94.0,
      20.0
     ],
     "text": "default 30.0"
    }
   },
   {
    "box": {
     "id": "obj-127",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      1904.0,
      444.0,
      20.0
     ],
     "text": "for t-SNE; lowered, with a notice, where there are too few ..."
    }
   },
   {
    "box": {
     "id": "obj-128",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1926.0,
      38.0,
      20.0
     ],
     "text": "seed"
    }
   },
   {
    "box": {
     "id": "obj-129",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      1926.0,
      101.0,
      20.0
     ],
     "text": "0 to 16777215"
    }
   },
   {
    "box": {
     "id": "obj-130",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      1926.0,
      80.0,
      20.0
     ],
     "text": "default 42"
    }
   },
   {
    "box": {
     "id": "obj-131",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      1926.0,
      395.0,
      20.0
     ],
     "text": "same seed, settings, version and machine: the same file"
    }
   },
   {
    "box": {
     "id": "obj-132",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1948.0,
      45.0,
      20.0
     ],
     "text": "joins"
    }
   },
   {
    "box": {
     "id": "obj-133",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      1948.0,
      122.0,
      20.0
     ],
     "text": "smooth, notebook"
    }
   },
   {
    "box": {
     "id": "obj-134",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      1948.0,
      108.0,
      20.0
     ],
     "text": "default smooth"
    }
   },
   {
    "box": {
     "id": "obj-135",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      1948.0,
      444.0,
      20.0
     ],
     "text": "smooth: the level is kept and the identity is exact; notebo..."
    }
   },
   {
    "box": {
     "id": "obj-136",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1970.0,
      59.0,
      20.0
     ],
     "text": "spacing"
    }
   },
   {
    "box": {
     "id": "obj-137",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      1970.0,
      108.0,
      20.0
     ],
     "text": "even, distance"
    }
   },
   {
    "box": {
     "id": "obj-138",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      1970.0,
      94.0,
      20.0
     ],
     "text": "default even"
    }
   },
   {
    "box": {
     "id": "obj-139",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      1970.0,
      444.0,
      20.0
     ],
     "text": "even: one grain each hop; distance: spaced by their distanc..."
    }
   },
   {
    "box": {
     "id": "obj-140",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      1992.0,
      73.0,
      20.0
     ],
     "text": "transform"
    }
   },
   {
    "box": {
     "id": "obj-141",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      1992.0,
      430.0,
      20.0
     ],
     "text": "none, drop_phase, unit_phase, flip_frequency, flip_time, ..."
    }
   },
   {
    "box": {
     "id": "obj-142",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      1992.0,
      94.0,
      20.0
     ],
     "text": "default none"
    }
   },
   {
    "box": {
     "id": "obj-143",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      1992.0,
      234.0,
      20.0
     ],
     "text": "spectral transform of each grain"
    }
   },
   {
    "box": {
     "id": "obj-144",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      2014.0,
      73.0,
      20.0
     ],
     "text": "mask_keep"
    }
   },
   {
    "box": {
     "id": "obj-145",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      2014.0,
      52.0,
      20.0
     ],
     "text": "0 to 1"
    }
   },
   {
    "box": {
     "id": "obj-146",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      2014.0,
      87.0,
      20.0
     ],
     "text": "default 0.5"
    }
   },
   {
    "box": {
     "id": "obj-147",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      2014.0,
      276.0,
      20.0
     ],
     "text": "share of the bins that mask_bins keeps"
    }
   },
   {
    "box": {
     "id": "obj-148",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      2036.0,
      59.0,
      20.0
     ],
     "text": "subtype"
    }
   },
   {
    "box": {
     "id": "obj-149",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      2036.0,
      199.0,
      20.0
     ],
     "text": "auto, PCM_16, PCM_24, FLOAT"
    }
   },
   {
    "box": {
     "id": "obj-150",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      2036.0,
      94.0,
      20.0
     ],
     "text": "default auto"
    }
   },
   {
    "box": {
     "id": "obj-151",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      2036.0,
      430.0,
      20.0
     ],
     "text": "sample format of the file; auto: 24 bit where the format can"
    }
   },
   {
    "box": {
     "id": "obj-152",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      2058.0,
      73.0,
      20.0
     ],
     "text": "overwrite"
    }
   },
   {
    "box": {
     "id": "obj-153",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      2058.0,
      52.0,
      20.0
     ],
     "text": "0 or 1"
    }
   },
   {
    "box": {
     "id": "obj-154",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      2058.0,
      73.0,
      20.0
     ],
     "text": "default 0"
    }
   },
   {
    "box": {
     "id": "obj-155",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      2058.0,
      248.0,
      20.0
     ],
     "text": "replace the output where it exists"
    }
   },
   {
    "box": {
     "id": "obj-156",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      2080.0,
      38.0,
      20.0
     ],
     "text": "kind"
    }
   },
   {
    "box": {
     "id": "obj-157",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      2080.0,
      171.0,
      20.0
     ],
     "text": "map, spectrogram, order"
    }
   },
   {
    "box": {
     "id": "obj-158",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      2080.0,
      87.0,
      20.0
     ],
     "text": "default map"
    }
   },
   {
    "box": {
     "id": "obj-159",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      2080.0,
      101.0,
      20.0
     ],
     "text": "which picture"
    }
   },
   {
    "box": {
     "id": "obj-160",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      2102.0,
      73.0,
      20.0
     ],
     "text": "embedding"
    }
   },
   {
    "box": {
     "id": "obj-161",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      2102.0,
      73.0,
      20.0
     ],
     "text": "pca, tsne"
    }
   },
   {
    "box": {
     "id": "obj-162",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      2102.0,
      87.0,
      20.0
     ],
     "text": "default pca"
    }
   },
   {
    "box": {
     "id": "obj-163",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      2102.0,
      269.0,
      20.0
     ],
     "text": "what places the grains of the 2-D map"
    }
   },
   {
    "box": {
     "id": "obj-164",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      2124.0,
      80.0,
      20.0
     ],
     "text": "components"
    }
   },
   {
    "box": {
     "id": "obj-165",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      2124.0,
      52.0,
      20.0
     ],
     "text": "1 to 2"
    }
   },
   {
    "box": {
     "id": "obj-166",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      2124.0,
      73.0,
      20.0
     ],
     "text": "default 2"
    }
   },
   {
    "box": {
     "id": "obj-167",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      2124.0,
      143.0,
      20.0
     ],
     "text": "dimensions of a map"
    }
   },
   {
    "box": {
     "id": "obj-168",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      2146.0,
      17.0,
      20.0
     ],
     "text": "k"
    }
   },
   {
    "box": {
     "id": "obj-169",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      2146.0,
      66.0,
      20.0
     ],
     "text": "1 to 256"
    }
   },
   {
    "box": {
     "id": "obj-170",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      2146.0,
      73.0,
      20.0
     ],
     "text": "default 8"
    }
   },
   {
    "box": {
     "id": "obj-171",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      2146.0,
      444.0,
      20.0
     ],
     "text": "how many neighbours; a stream goes beyond them while all of..."
    }
   },
   {
    "box": {
     "id": "obj-172",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      2168.0,
      52.0,
      20.0
     ],
     "text": "radius"
    }
   },
   {
    "box": {
     "id": "obj-173",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      2168.0,
      80.0,
      20.0
     ],
     "text": "0 to 1e+10"
    }
   },
   {
    "box": {
     "id": "obj-174",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      2168.0,
      87.0,
      20.0
     ],
     "text": "default 0.0"
    }
   },
   {
    "box": {
     "id": "obj-175",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      2168.0,
      297.0,
      20.0
     ],
     "text": "no neighbour is farther away; 0: no limit"
    }
   },
   {
    "box": {
     "id": "obj-176",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      2190.0,
      38.0,
      20.0
     ],
     "text": "rate"
    }
   },
   {
    "box": {
     "id": "obj-177",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      2190.0,
      115.0,
      20.0
     ],
     "text": "0.1 to 2000 1/s"
    }
   },
   {
    "box": {
     "id": "obj-178",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      2190.0,
      94.0,
      20.0
     ],
     "text": "default 20.0"
    }
   },
   {
    "box": {
     "id": "obj-179",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      2190.0,
      241.0,
      20.0
     ],
     "text": "grains a second, in bow and chain"
    }
   },
   {
    "box": {
     "id": "obj-180",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      2212.0,
      38.0,
      20.0
     ],
     "text": "mode"
    }
   },
   {
    "box": {
     "id": "obj-181",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      2212.0,
      171.0,
      20.0
     ],
     "text": "bow, beat, fence, chain"
    }
   },
   {
    "box": {
     "id": "obj-182",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      2212.0,
      87.0,
      20.0
     ],
     "text": "default bow"
    }
   },
   {
    "box": {
     "id": "obj-183",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      2212.0,
      444.0,
      20.0
     ],
     "text": "bow: follow the target at rate; beat: on each target; fence..."
    }
   },
   {
    "box": {
     "id": "obj-184",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      2234.0,
      52.0,
      20.0
     ],
     "text": "choose"
    }
   },
   {
    "box": {
     "id": "obj-185",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      2234.0,
      220.0,
      20.0
     ],
     "text": "nearest, random, urn, weighted"
    }
   },
   {
    "box": {
     "id": "obj-186",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      2234.0,
      115.0,
      20.0
     ],
     "text": "default nearest"
    }
   },
   {
    "box": {
     "id": "obj-187",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      2234.0,
      444.0,
      20.0
     ],
     "text": "which of the k neighbours sounds; urn: each once before any..."
    }
   },
   {
    "box": {
     "id": "obj-188",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      2256.0,
      66.0,
      20.0
     ],
     "text": "repeat_s"
    }
   },
   {
    "box": {
     "id": "obj-189",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      2256.0,
      73.0,
      20.0
     ],
     "text": "0 to 60 s"
    }
   },
   {
    "box": {
     "id": "obj-190",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      2256.0,
      87.0,
      20.0
     ],
     "text": "default 0.5"
    }
   },
   {
    "box": {
     "id": "obj-191",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      2256.0,
      444.0,
      20.0
     ],
     "text": "a grain does not return sooner, even if another than the k ..."
    }
   },
   {
    "box": {
     "id": "obj-192",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      2278.0,
      45.0,
      20.0
     ],
     "text": "count"
    }
   },
   {
    "box": {
     "id": "obj-193",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      2278.0,
      101.0,
      20.0
     ],
     "text": "0 to 16777215"
    }
   },
   {
    "box": {
     "id": "obj-194",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      2278.0,
      73.0,
      20.0
     ],
     "text": "default 0"
    }
   },
   {
    "box": {
     "id": "obj-195",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      2278.0,
      290.0,
      20.0
     ],
     "text": "stop after so many grains; 0: until told"
    }
   },
   {
    "box": {
     "id": "obj-196",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      2300.0,
      94.0,
      20.0
     ],
     "text": "lookahead_ms"
    }
   },
   {
    "box": {
     "id": "obj-197",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      2300.0,
      94.0,
      20.0
     ],
     "text": "5 to 2000 ms"
    }
   },
   {
    "box": {
     "id": "obj-198",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      2300.0,
      101.0,
      20.0
     ],
     "text": "default 100.0"
    }
   },
   {
    "box": {
     "id": "obj-199",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      2300.0,
      213.0,
      20.0
     ],
     "text": "how far ahead grains are sent"
    }
   },
   {
    "box": {
     "id": "obj-200",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      2322.0,
      38.0,
      20.0
     ],
     "text": "tags"
    }
   },
   {
    "box": {
     "id": "obj-201",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      2322.0,
      52.0,
      20.0
     ],
     "text": "0 or 1"
    }
   },
   {
    "box": {
     "id": "obj-202",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      2322.0,
      73.0,
      20.0
     ],
     "text": "default 1"
    }
   },
   {
    "box": {
     "id": "obj-203",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      2322.0,
      444.0,
      20.0
     ],
     "text": "grains in bundles with timetags; 0: plain messages with the..."
    }
   },
   {
    "box": {
     "id": "obj-204",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      2344.0,
      38.0,
      20.0
     ],
     "text": "play"
    }
   },
   {
    "box": {
     "id": "obj-205",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      2344.0,
      52.0,
      20.0
     ],
     "text": "0 or 1"
    }
   },
   {
    "box": {
     "id": "obj-206",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      2344.0,
      73.0,
      20.0
     ],
     "text": "default 0"
    }
   },
   {
    "box": {
     "id": "obj-207",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      2344.0,
      255.0,
      20.0
     ],
     "text": "the daemon sounds the grains itself"
    }
   },
   {
    "box": {
     "id": "obj-208",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      2366.0,
      38.0,
      20.0
     ],
     "text": "tell"
    }
   },
   {
    "box": {
     "id": "obj-209",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      2366.0,
      52.0,
      20.0
     ],
     "text": "0 or 1"
    }
   },
   {
    "box": {
     "id": "obj-210",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      2366.0,
      73.0,
      20.0
     ],
     "text": "default 1"
    }
   },
   {
    "box": {
     "id": "obj-211",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      2366.0,
      318.0,
      20.0
     ],
     "text": "with play 1, send the grains as messages too"
    }
   },
   {
    "box": {
     "id": "obj-212",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      2388.0,
      73.0,
      20.0
     ],
     "text": "attack_ms"
    }
   },
   {
    "box": {
     "id": "obj-213",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      2388.0,
      94.0,
      20.0
     ],
     "text": "0 to 5000 ms"
    }
   },
   {
    "box": {
     "id": "obj-214",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      2388.0,
      94.0,
      20.0
     ],
     "text": "default 10.0"
    }
   },
   {
    "box": {
     "id": "obj-215",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      2388.0,
      136.0,
      20.0
     ],
     "text": "fade in of a grain"
    }
   },
   {
    "box": {
     "id": "obj-216",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      2410.0,
      80.0,
      20.0
     ],
     "text": "release_ms"
    }
   },
   {
    "box": {
     "id": "obj-217",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      2410.0,
      94.0,
      20.0
     ],
     "text": "0 to 5000 ms"
    }
   },
   {
    "box": {
     "id": "obj-218",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      2410.0,
      94.0,
      20.0
     ],
     "text": "default 10.0"
    }
   },
   {
    "box": {
     "id": "obj-219",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      2410.0,
      143.0,
      20.0
     ],
     "text": "fade out of a grain"
    }
   },
   {
    "box": {
     "id": "obj-220",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      2432.0,
      59.0,
      20.0
     ],
     "text": "gain_db"
    }
   },
   {
    "box": {
     "id": "obj-221",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      2432.0,
      101.0,
      20.0
     ],
     "text": "-120 to 24 dB"
    }
   },
   {
    "box": {
     "id": "obj-222",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      2432.0,
      87.0,
      20.0
     ],
     "text": "default 0.0"
    }
   },
   {
    "box": {
     "id": "obj-223",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      2432.0,
      143.0,
      20.0
     ],
     "text": "level of the grains"
    }
   },
   {
    "box": {
     "id": "obj-224",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      2454.0,
      31.0,
      20.0
     ],
     "text": "pan"
    }
   },
   {
    "box": {
     "id": "obj-225",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      2454.0,
      59.0,
      20.0
     ],
     "text": "-1 to 1"
    }
   },
   {
    "box": {
     "id": "obj-226",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      2454.0,
      87.0,
      20.0
     ],
     "text": "default 0.0"
    }
   },
   {
    "box": {
     "id": "obj-227",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      2454.0,
      262.0,
      20.0
     ],
     "text": "place between left, -1, and right, 1"
    }
   },
   {
    "box": {
     "id": "obj-228",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      20.0,
      2476.0,
      52.0,
      20.0
     ],
     "text": "spread"
    }
   },
   {
    "box": {
     "id": "obj-229",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      150.0,
      2476.0,
      52.0,
      20.0
     ],
     "text": "0 to 1"
    }
   },
   {
    "box": {
     "id": "obj-230",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      600.0,
      2476.0,
      87.0,
      20.0
     ],
     "text": "default 0.0"
    }
   },
   {
    "box": {
     "id": "obj-231",
     "maxclass": "comment",
     "numinlets": 1,
     "numoutlets": 0,
     "patching_rect": [
      760.0,
      2476.0,
      325.0,
      20.0
     ],
     "text": "how far chance scatters the grains around pan"
    }
   }
  ],
  "lines": [
   {
    "patchline": {
     "source": [
      "obj-3",
      0
     ],
     "destination": [
      "obj-13",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-4",
      0
     ],
     "destination": [
      "obj-13",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-6",
      0
     ],
     "destination": [
      "obj-13",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-8",
      0
     ],
     "destination": [
      "obj-13",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-13",
      0
     ],
     "destination": [
      "obj-9",
      0
     ]
    }
   },
   {
    "patchline": {
     "source": [
      "obj-13",
      1
     ],
     "destination": [
      "obj-10",
      0
     ]
    }
   }
  ],
  "dependency_cache": [],
  "autosave": 0
 }
}
