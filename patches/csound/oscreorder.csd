<CsoundSynthesizer>
; oscreorder with Csound: loads a sound, renders it re-ordered, lists neighbours, and plays a stream of its grains.
;
; 1. In a terminal:  oscreorder serve --root examples/sounds     (or a folder of yours: then change gSPath below)
; 2. In another:     csound oscreorder.csd
;
; Start them in any order. What happens is told in the terminal. If the daemon is not there, the words say so, and it
; goes on by itself when the daemon comes. Csound cannot receive on the socket it sends from, so "notify" tells the
; daemon a port of ours for its answers. All messages, parameters and limits: docs/reference.md.
<CsOptions>
-odac -d -m0 --sample-accurate
</CsOptions>
<CsInstruments>
sr = 48000
ksmps = 8                         ; a grain starts at its sample, or this many later
nchnls = 2
0dbfs = 1

; ---------------------------------------------------------------------------------------------- what you may change

gSHost    = "127.0.0.1"           ; where the daemon listens
giPort    = 57140
giHere    = 57143                 ; a free port of this machine, for its answers; each program takes another

gSCorpus  = "violin"              ; a name of yours for a set of sounds
gSPath    = "violin.flac"         ; a file, a folder or a pattern, below the daemon's --root
gSOut     = "violin-csound.wav"   ; the render, below the daemon's --out

giWin     = 2000                  ; length of the grains, and their distance, in samples
giHop     = 400
gSOrder   = "similarity"          ; similarity tour pca tsne cluster original random
giSeed    = 42

giRate    = 20                    ; grains a second
giAmong   = 4                     ; so many of the nearest take turns
giCount   = 0                     ; so many grains, then it ends; 0: until you stop it with ctrl-C
giAttack  = 0.005                 ; seconds
giRelease = 0.02
giLevel   = 0.7

gSRecord  = ""                    ; a name such as "heard.wav" also records what you hear

; -------------------------------------------------------------------------------------------------- what it stands on

seed 0                            ; by the clock: the daemon remembers ids for 5 s, so each run has others
giId      = int(random(0, 8000000))   ; the last id that was given; each request has its own, and each answer carries it
giStream  = -1                    ; the stream's id
giStop    = -1                    ; the id of the request that ends what an earlier run left
giSounding = 0                    ; whether a grain of the stream has sounded
giSilence = 2                     ; seconds without an answer after which the daemon is taken to be away
giMost    = 128                   ; sounds of the corpus
giEar     OSCinit giHere
gkThere   init -1                 ; whether the daemon answers; -1: not known yet
gkHeard   init 0                  ; when it answered last
gkUptime  init 0                  ; for how many seconds it had been there then
gkAnchor  init 0                  ; the stream's clock: when its time 0 is, in ms of ours
gkBegun   init 0
giLeft    ftgen 0, 0, giMost, -2, 0   ; of each sound: the tables of its two sides
giRight   ftgen 0, 0, giMost, -2, 0

; Twice a second, "notify" registers our port again, so that a daemon that was started later, or anew, hears of us in
; time, and "ping" asks whether it is there.
instr Watch
  know    timeinsts
  kbeat   metro 2
  kid     init 9000000
  kid     += kbeat
  OSCsend kid, gSHost, giPort, "/oscreorder/notify", "iii", kid, 1, giHere
  OSCsend kid, gSHost, giPort, "/oscreorder/ping", "i", kid
  if gkHeard > 0 && know - gkHeard < giSilence && gkThere < 1 then
    printsk "oscreorder: the daemon answers at %s %d\n", gSHost, giPort
    gkThere = 1
    schedulek "Begin", 0, 0.1
  elseif know - gkHeard > giSilence && gkThere != 0 then
    printsk "oscreorder: nobody answers at %s %d - start the daemon in a terminal: oscreorder serve\n", gSHost, giPort
    gkThere = 0
    turnoff2 nstrnum("Move"), 0, 0
  endif
endin

; ------------------------------------------------------------------------------------------------------ what we ask

; When the daemon is there, and knows our port. It works in the order in which it is asked, so nothing need wait for an
; answer here. First it ends our streams: one of an earlier run, which was left by ctrl-C, plays on for a minute.
instr Begin
  giId = giId + 1
  giStop = giId
  giStream = -1
  OSCsend 1, gSHost, giPort, "/oscreorder/stream/stop", "ii", giStop, -1
  schedule "Load", 0, 0.1
  schedule "Render", 0.05, 0.1
  schedule "Neighbours", 0.1, 0.1
  schedule "Stream", 0.15, 0.1
endin

; OSCsend: when (1: now), host, port, address, types, then the id and the arguments; options are pairs at the end.
instr Load
  giId = giId + 1
  OSCsend 1, gSHost, giPort, "/oscreorder/load", "iss", giId, gSCorpus, gSPath
endin

instr Render
  giId = giId + 1
  OSCsend 1, gSHost, giPort, "/oscreorder/render", "isssisisssisi", giId, gSCorpus, gSOut, \
    "win_length", giWin, "hop_length", giHop, "order", gSOrder, "seed", giSeed, "overwrite", 1
endin

instr Neighbours   ; those of grain 20; a place of the map instead: "issffsi", giId, gSCorpus, "point", 0.2, 0.7, "k", 5
  giId = giId + 1
  OSCsend 1, gSHost, giPort, "/oscreorder/neighbours", "issisi", giId, gSCorpus, "grain", 20, "k", 5
endin

instr Stream       ; tags 0: the grains come as plain messages with their time, and are scheduled below
  giId = giId + 1
  giStream = giId
  giSounding = 0
  OSCsend 1, gSHost, giPort, "/oscreorder/stream/start", "issisisisssfsisi", giStream, gSCorpus, \
    "tags", 0, "rate", giRate, "k", giAmong, "choose", "urn", "spread", 0.5, "seed", giSeed, "count", giCount
endin

instr Sounds       ; which files does the corpus have? Each is told by one message, and read into tables
  giId = giId + 1
  OSCsend 1, gSHost, giPort, "/oscreorder/sounds", "is", giId, gSCorpus
endin

instr Move         ; aims the stream at a point that wanders over the map; put your MIDI controllers or faders here
  kx      = 0.5 + 0.5 * oscili:k(1, 0.05)
  ky      = 0.5 + 0.5 * oscili:k(1, 0.031)
  kstep   metro 20
  kcount  init 0
  kcount  += kstep
  OSCsend kcount, gSHost, giPort, "/oscreorder/stream/target", "isff", giStream, "point", kx, ky
endin

instr Goodbye
  turnoff2 nstrnum("Watch"), 0, 0
  giId = giId + 1
  OSCsend 1, gSHost, giPort, "/oscreorder/stream/stop", "ii", giId, -1
  OSCsend 1, gSHost, giPort, "/oscreorder/notify", "ii", giId + 1, 0
  event_i "e", 0, 0.5
endin

; ----------------------------------------------------------------------------------------------------- what we hear

; Every request ends in one "done" or one "error". OSClisten wants the number and kinds of the arguments (an i is taken
; as f where f is written), so there is one for each length of "done". Of streams, only what is said of ours counts: an
; earlier run's may still be heard of.
instr Answers
  know      timeinsts
  SCommand  init ""        ; Csound wants to know a variable before OSClisten fills it
  SText     init ""
  kid, kvalue, kvalue2, kvalue3 init 0
  krank, kgrain, ksound, kstart, klength, kdistance, krate, kchannels init 0
  ktime, klead, kdur, kgain, kpan init 0

  kgot    = 1
  while kgot == 1 do
    kgot  OSClisten giEar, "/oscreorder/neighbour", "iiiiiif", kid, krank, kgrain, ksound, kstart, klength, kdistance
    if kgot == 1 then
      printsk "oscreorder: neighbour %d is grain %d, at %d of sound %d, distance %.3f\n", \
        krank, kgrain, kstart, ksound, kdistance
    endif
  od

  kgot    = 1
  while kgot == 1 do
    kgot  OSClisten giEar, "/oscreorder/sound", "iisiii", kid, ksound, SText, krate, kchannels, klength
    if kgot == 1 && ksound < giMost then
      schedulek "Sound", 0, 0.1, ksound, kchannels, SText
    endif
  od

  kgot    = 1
  while kgot == 1 do
    kgot  OSClisten giEar, "/oscreorder/done", "sif", SCommand, kid, kvalue
    if kgot == 1 then
      if strcmpk(SCommand, "neighbours") == 0 then
        printsk "oscreorder: done %s %d, %d neighbours\n", SCommand, kid, kvalue
      elseif strcmpk(SCommand, "stream/start") == 0 && kid == giStream then
        printsk "oscreorder: done %s %d\n", SCommand, kvalue
        gkBegun = 0
        schedulek "Sounds", 0, 0.1
      elseif strcmpk(SCommand, "sounds") == 0 then
        printsk "oscreorder: done %s %d, %d sounds\n", SCommand, kid, kvalue
        schedulek "Move", 0.2, -1
      endif
    endif
  od

  kgot    = 1
  while kgot == 1 do
    kgot  OSClisten giEar, "/oscreorder/done", "siff", SCommand, kid, kvalue, kvalue2
    if kgot == 1 && kid != giStop then
      printsk "oscreorder: done %s %d, %d grains, %d late\n", SCommand, kid, kvalue, kvalue2
    endif
  od

  kgot    = 1
  while kgot == 1 do
    kgot  OSClisten giEar, "/oscreorder/done", "sifff", SCommand, kid, kvalue, kvalue2, kvalue3
    if kgot == 1 then
      printsk "oscreorder: done %s %d, %d sounds of %.2f s, %d skipped\n", SCommand, kid, kvalue, kvalue2, kvalue3
    endif
  od

  kgot    = 1
  while kgot == 1 do
    kgot  OSClisten giEar, "/oscreorder/done", "sisfff", SCommand, kid, SText, kvalue, kvalue2, kvalue3
    if kgot == 1 then
      printsk "oscreorder: done %s %d, %s, %d frames at %d Hz\n", SCommand, kid, SText, kvalue, kvalue2
    endif
  od

  kgot    = 1
  while kgot == 1 do
    kgot  OSClisten giEar, "/oscreorder/error", "siis", SCommand, kid, kvalue, SText
    if kgot == 1 && (strindexk(SCommand, "stream/") < 0 || kid == giStream) then
      printsk "oscreorder: error %s %d, code %d: %s\n", SCommand, kid, kvalue, SText
    endif
  od

  kgot    = 1
  while kgot == 1 do
    kgot  OSClisten giEar, "/oscreorder/notice", "sis", SCommand, kid, SText
    if kgot == 1 && (strindexk(SCommand, "stream/") < 0 || kid == giStream) then
      printsk "oscreorder: note %s %d: %s\n", SCommand, kid, SText
      if strcmpk(SCommand, "stream/start") == 0 then      ; it has ended: giCount grains were sent
        turnoff2 nstrnum("Move"), 0, 0
        schedulek "Goodbye", 2, 0.2
      endif
    endif
  od

  kgot    = 1
  while kgot == 1 do
    kgot  OSClisten giEar, "/oscreorder/progress", "sifs", SCommand, kid, kvalue, SText
    if kgot == 1 && kvalue > 0 then
      printsk "oscreorder: %s %d %% %s\n", SCommand, 100 * kvalue, SText
    endif
  od

  ; A ping is answered: if the daemon has been there for less time than it had last time, it is another one, which has
  ; not heard of our sounds.
  kgot    = 1
  while kgot == 1 do
    kgot  OSClisten giEar, "/oscreorder/done", "sisf", SCommand, kid, SText, kvalue
    if kgot == 1 then
      gkHeard = know
      if gkThere == 1 && kvalue < gkUptime then
        printsk "oscreorder: the daemon was started anew\n"
        gkThere = 0
        turnoff2 nstrnum("Move"), 0, 0
      endif
      gkUptime = kvalue
    endif
  od

  kgot    OSClisten giEar, "/oscreorder/bye", ""
  if kgot == 1 then
    printsk "oscreorder: the daemon has ended\n"
    gkHeard = know - giSilence
  endif

  ; A grain of the stream. The first sounds lead_ms after it came; t_ms places all others from there, to the sample,
  ; however unevenly the messages come. The error is how much later it came than its time and lead_ms say: of what is
  ; beyond 20 ms a little is taken back with each grain (two clocks differ). Where a grain would be too late, or the
  ; error is beyond 200 ms (programs that work hard stand still now and then), the clock starts anew.
  kgot    = 1
  while kgot == 1 do
    kgot  OSClisten giEar, "/oscreorder/grain", "iffiiffff", kid, ktime, klead, ksound, kstart, kdur, kgain, kpan, kdistance
    if kgot == 1 && kid == giStream then
      kerror = 1000 * know + klead - ktime - gkAnchor
      kerror = kerror - 60000 * floor(kerror / 60000 + 0.5)     ; t_ms wraps at 60000
      if gkBegun == 0 || abs(kerror) > 200 || kerror > klead then
        gkAnchor = gkAnchor + kerror
        gkBegun = 1
        kerror = 0
      endif
      gkAnchor = gkAnchor + 0.01 * (kerror - limit(kerror, -20, 20))
      schedulek "Grain", (klead - kerror) / 1000 + 0.5 / sr, kdur / 1000, ksound, kstart, kgain, kpan
    endif
  od
endin

; -------------------------------------------------------------------------------------------------------- the sound

; Reads a sound: p4 its number, p5 its channels, p6 its file. Csound reads WAV, AIFF, FLAC and Ogg. It reads while it plays, so a long
; file may be heard as a gap: put long sounds into the corpus before you play.
instr Sound
  SFile   = p6
  if filevalid(SFile) == 0 then
    prints "oscreorder: Csound cannot read %s\n", SFile
  else
    ileft ftgen 1000 + 2 * p4, 0, 0, -1, SFile, 0, 0, 1
    iright = ileft
    if p5 > 1 then
      iright ftgen 1001 + 2 * p4, 0, 0, -1, SFile, 0, 0, 2
    endif
    tablew ileft, p4, giLeft
    tablew iright, p4, giRight
    prints "oscreorder: read %s\n", SFile
  endif
endin

; One grain: p4 sound, p5 where it starts in that sound's samples, p6 gain, p7 place from left, -1, to right, 1.
instr Grain
  ileft   = table(p4, giLeft)
  iright  = table(p4, giRight)
  if ileft > 0 then
    if giSounding == 0 then
      prints "oscreorder: the stream sounds\n"
      giSounding = 1
    endif
    iattack  = min(giAttack, 0.5 * p3)
    irelease = min(giRelease, 0.5 * p3)
    aread    line p5, p3, p5 + p3 * ftsr(ileft)
    aenv     linseg 0, iattack, 1, p3 - iattack - irelease, 1, irelease, 0
    iangle   = (p7 + 1) * $M_PI_4
    aleft    = tablei:a(aread, ileft) * aenv * p6 * giLevel * cos(iangle)
    aright   = tablei:a(aread, iright) * aenv * p6 * giLevel * sin(iangle)
    outs aleft, aright
  endif
endin

; What is heard, into a file. It is the last instrument, so that it hears all others.
instr Record
  if strlen(gSRecord) > 0 then
    aleft, aright monitor
    fout gSRecord, 14, aleft, aright
  endif
endin
</CsInstruments>
<CsScore>
i "Watch"   0 z
i "Answers" 0 z
i "Record"  0 z
</CsScore>
</CsoundSynthesizer>
