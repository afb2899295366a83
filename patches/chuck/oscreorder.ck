// oscreorder with ChucK: loads a sound, renders it re-ordered, lists neighbours, and plays a stream of its grains.
//
// 1. In a terminal:  oscreorder serve --root examples/sounds     (or a folder of yours: then change PATH below)
// 2. In another:     chuck oscreorder.ck
//
// Start them in any order. What happens is told in the terminal. If the daemon is not there, the words say so, and it
// goes on by itself when the daemon comes. ChucK cannot receive on the socket it sends from, so "notify" tells the
// daemon a port of ours for its answers. All messages, parameters and limits: docs/reference.md.

// ---------------------------------------------------------------------------------------------- what you may change

"127.0.0.1"         => string HOST;       // where the daemon listens
57140               => int PORT;
57144               => int HERE;          // a free port of this machine, for its answers; each program takes another

"violin"            => string CORPUS;     // a name of yours for a set of sounds
"violin.flac"       => string PATH;       // a file, a folder or a pattern, below the daemon's --root
"violin-chuck.wav"  => string OUT;        // the render, below the daemon's --out

2000                => int WIN_LENGTH;    // length of the grains, and their distance, in samples
400                 => int HOP_LENGTH;
"similarity"        => string ORDER;      // similarity tour pca tsne cluster original random
42                  => int SEED;

20                  => int RATE;          // grains a second
4                   => int AMONG;         // so many of the nearest take turns
0                   => int COUNT;         // so many grains, then it ends; 0: until you stop it with ctrl-C
5::ms               => dur ATTACK;
20::ms              => dur RELEASE;
0.7                 => float LEVEL;
32                  => int VOICES;        // grains at once

""                  => string RECORD;     // a name such as "heard.wav" also records what you hear

// -------------------------------------------------------------------------------------------------- what it stands on

0 => int last;                            // the last id that was given; each request has its own, as has each answer
-1 => int streamId;                       // the stream's id
-1 => int stopId;                         // the id of the request that ends what an earlier run left
1.9::second => dur SILENCE;               // after so long without an answer the daemon is taken to be away
-1 => int there;                          // whether the daemon answers; -1: not known yet
now => time heard;                        // when it answered last
0 => float uptime;                        // for how many seconds it had been there then
0 => int moving;
0 => int leaving;
Event ended;
0 => int begun;                           // whether a grain of the stream has come
0 => int sounding;                        // whether one has sounded
0 => float anchor;                        // the stream's clock: when its time 0 is, in ms of ours
OscOut out;
out.dest(HOST, PORT);

fun void say(string text) { chout <= "oscreorder: " <= text <= IO.newline(); chout.flush(); }

// ------------------------------------------------------------------------------------------------------ what we ask

// A request: the command, its id and its arguments; options are pairs at the end.
fun void ask(string command)
{
    last + 1 => last;
    ask(command, last);
}

fun void ask(string command, int id)
{
    out.start("/oscreorder/" + command);
    out.add(id);
}

fun void option(string name, int value) { out.add(name); out.add(value); }
fun void option(string name, float value) { out.add(name); out.add(value); }
fun void option(string name, string value) { out.add(name); out.add(value); }

// When the daemon is there, and knows our port. It works in the order in which it is asked, so nothing need wait for an
// answer here. It remembers ids for 5 s, and those of a run a moment ago must not come again: ours begin where the
// daemon's clock is, in ms. (ChucK's random numbers are the same within a second.)
fun void begin()
{
    (1000 * uptime) $ int % 8000000 => last;
    stop();
    load();
    render();
    neighbours();
    stream();
}

// Ends our streams: one of an earlier run, which was left by ctrl-C, plays on for a minute.
fun void stop()
{
    ask("stream/stop");
    last => stopId;
    out.add(-1);
    out.send();
}

fun void load()
{
    ask("load");
    out.add(CORPUS);
    out.add(PATH);
    out.send();
}

fun void render()
{
    ask("render");
    out.add(CORPUS);
    out.add(OUT);
    option("win_length", WIN_LENGTH);
    option("hop_length", HOP_LENGTH);
    option("order", ORDER);
    option("seed", SEED);
    option("overwrite", 1);
    out.send();
}

// Those of grain 20; a place of the map instead: out.add("point"); out.add(0.2); out.add(0.7);
fun void neighbours()
{
    ask("neighbours");
    out.add(CORPUS);
    option("grain", 20);
    option("k", 5);
    out.send();
}

// tags 0: the grains come as plain messages with their time, and are scheduled below.
fun void stream()
{
    ask("stream/start");
    last => streamId;
    0 => sounding;
    out.add(CORPUS);
    option("tags", 0);
    option("rate", RATE);
    option("k", AMONG);
    option("choose", "urn");
    option("spread", 0.5);
    option("seed", SEED);
    option("count", COUNT);
    out.send();
}

// Which files does the corpus have? Each is told by one message.
fun void sounds()
{
    ask("sounds");
    out.add(CORPUS);
    out.send();
}

// Aims the stream at a point that wanders over the map; put your controllers here.
fun void move()
{
    while (true)
    {
        if (moving)
        {
            ask("stream/target", streamId);
            out.add("point");
            out.add(0.5 + 0.5 * Math.sin(0.31 * (now / second)));
            out.add(0.5 + 0.5 * Math.sin(0.19 * (now / second)));
            out.send();
        }
        50::ms => now;
    }
}

fun void goodbye()
{
    1 => leaving;
    ask("stream/stop");
    out.add(-1);
    out.send();
    ask("notify");
    out.add(0);
    out.send();
}

// ----------------------------------------------------------------------------------------------------- what we hear

// Twice a second, "notify" registers our port again, so that a daemon that was started later, or anew, hears of us in
// time, and "ping" asks whether it is there.
fun void watch()
{
    while (!leaving)
    {
        ask("notify", 9000000);
        out.add(1);
        out.add(HERE);
        out.send();
        ask("ping", 9000000);
        out.send();
        500::ms => now;
        if (there != 0 && now - heard >= SILENCE)
        {
            0 => there;
            0 => moving;
            say("nobody answers at " + HOST + " " + PORT + " - start the daemon in a terminal: oscreorder serve");
        }
    }
}

// The daemon answers a ping, and tells for how long it has been there: if that is less than last time, it is another
// one, which has not heard of our sounds.
fun void answered(float seconds)
{
    now => heard;
    if (there == 1 && seconds < uptime)
    {
        0 => there;
        0 => moving;
        say("the daemon was started anew");
    }
    seconds => uptime;
    if (there == 1) return;
    1 => there;
    say("the daemon answers at " + HOST + " " + PORT);
    begin();
}

fun void listen()
{
    OscIn in;
    OscMsg msg;
    HERE => in.port;
    in.listenAll();
    while (true)
    {
        in => now;
        while (in.recv(msg)) answer(msg);
    }
}

// A number may come as int or float.
fun float number(OscMsg msg, int place)
{
    if (msg.typetag.charAt(place) == 'f') return msg.getFloat(place);
    return msg.getInt(place) $ float;
}

// Of streams, only what is said of ours counts: an earlier run's may still be heard of.
fun int ours(OscMsg msg)
{
    return msg.getString(0).find("stream/") != 0 || msg.getInt(1) == streamId;
}

// Every request ends in one "done" or one "error".
fun void answer(OscMsg msg)
{
    if (msg.address == "/oscreorder/grain") grain(msg);
    else if (msg.address == "/oscreorder/sound") sound(msg);
    else if (msg.address == "/oscreorder/done") done(msg.getString(0), msg);
    else if (msg.address == "/oscreorder/error")
    {
        if (!ours(msg)) return;
        say("error " + msg.getString(0) + " " + msg.getInt(1) + ", code " + msg.getInt(2) + ": " + msg.getString(3));
    }
    else if (msg.address == "/oscreorder/notice")
    {
        if (!ours(msg)) return;
        say("note " + msg.getString(0) + " " + msg.getInt(1) + ": " + msg.getString(2));
        if (msg.getString(0) == "stream/start")                       // it has ended: COUNT grains were sent
        {
            0 => moving;
            ended.broadcast();
        }
    }
    else if (msg.address == "/oscreorder/progress" && msg.getFloat(2) > 0)
        say(msg.getString(0) + " " + Math.round(100 * msg.getFloat(2)) $ int + " % " + msg.getString(3));
    else if (msg.address == "/oscreorder/neighbour")
        say("neighbour " + msg.getInt(1) + " is grain " + msg.getInt(2) + ", at " + number(msg, 4) $ int + " of sound "
            + msg.getInt(3) + ", distance " + Std.ftoa(msg.getFloat(6), 3));
    else if (msg.address == "/oscreorder/bye")
    {
        say("the daemon has ended");
        now - SILENCE => heard;
    }
}

fun void done(string command, OscMsg msg)
{
    if (command == "ping") answered(msg.getFloat(3));
    if (command == "ping" || command == "notify" || msg.getInt(1) == stopId) return;
    if (command == "stream/start" && !ours(msg)) return;
    "done " + command + " " + msg.getInt(1) => string text;
    for (2 => int place; place < msg.numArgs(); place++)
    {
        if (msg.typetag.charAt(place) == 's') text + " " + msg.getString(place) => text;
        else if (msg.typetag.charAt(place) == 'i') text + " " + msg.getInt(place) => text;
        else text + " " + Std.ftoa(msg.getFloat(place), 3) => text;
    }
    say(text);
    if (command == "stream/start")
    {
        0 => begun;
        sounds();
    }
    else if (command == "sounds") 1 => moving;
}

// -------------------------------------------------------------------------------------------------------- the sound

string files[0];                          // of each sound: its file, and how many channels it has
int channels[0];

fun void sound(OscMsg msg)
{
    msg.getInt(1) => int index;
    if (index >= files.size())
    {
        files.size(index + 1);
        channels.size(index + 1);
    }
    msg.getString(2) => files[index];
    msg.getInt(4) => channels[index];
}

// Plays one grain at a time, from whichever file. It reads in pieces, so that long files need no memory.
class Voice
{
    SndBuf left => ADSR leftShape => dac.left;
    SndBuf right => ADSR rightShape => dac.right;
    "" => string file;
    0 => int busy;

    fun void open(string name, int sides)
    {
        if (name == file) return;
        4096 * sides => int piece;        // ChucK wants whole frames in each piece, and fails at the end of a sound
        do                                // that so many whole pieces make up
        {
            piece + sides => piece;
            piece => left.chunks;
            name => left.read;
        } while (left.samples() > 0 && (left.samples() * sides) % piece == 0);
        piece => right.chunks;
        name => right.read;
        if (sides > 1) 1 => right.channel;
        name => file;
    }

    fun void play(time due, int start, dur length, dur attack, dur release, float gain, float pan)
    {
        length / 2 => dur half;
        if (attack > half) half => attack;
        if (release > half) half => release;
        leftShape.set(attack, 0::samp, 1, release);
        rightShape.set(attack, 0::samp, 1, release);
        gain * Math.cos((pan + 1) * pi / 4) => left.gain;
        gain * Math.sin((pan + 1) * pi / 4) => right.gain;
        due => now;
        start => left.pos;
        start => right.pos;
        1 => left.rate => right.rate;
        leftShape.keyOn();
        rightShape.keyOn();
        length - release => now;
        leftShape.keyOff();
        rightShape.keyOff();
        release => now;
        0 => left.rate => right.rate;
        0 => busy;
    }
}

Voice voices[VOICES];

fun void grain(OscMsg msg)
{
    if (msg.getInt(0) != streamId) return;
    msg.getFloat(1) => float t;
    msg.getFloat(2) => float lead;
    msg.getInt(3) => int index;
    // The first grain sounds lead_ms after it came; t_ms places all others from there, to the sample, however unevenly
    // the messages come. The error is how much later it came than its time and lead_ms say: of what is beyond 20 ms a
    // little is taken back with each grain (two clocks differ). Where a grain would be too late, or the error is beyond
    // 200 ms (programs that work hard stand still now and then), the clock starts anew.
    now / ms + lead - t - anchor => float error;
    error - 60000 * Math.floor(error / 60000 + 0.5) => error;     // t_ms wraps at 60000
    if (!begun || Math.fabs(error) > 200 || error > lead)
    {
        anchor + error => anchor;
        0 => error;
        1 => begun;
    }
    anchor + 0.01 * (error - Math.max(-20, Math.min(20, error))) => anchor;
    now + (lead - error)::ms => time due;
    if (index >= files.size()) return;
    for (0 => int n; n < VOICES; n++)
    {
        if (!voices[n].busy)
        {
            if (!sounding) say("the stream sounds");
            1 => sounding => voices[n].busy;
            voices[n].open(files[index], channels[index]);
            spork ~ voices[n].play(due, number(msg, 4) $ int, msg.getFloat(5)::ms, ATTACK, RELEASE,
                msg.getFloat(6) * LEVEL, msg.getFloat(7));
            return;
        }
    }
}

// ------------------------------------------------------------------------------------------------------- all of it

WvOut2 record;
if (RECORD != "")
{
    dac => record => blackhole;
    RECORD => record.wavFilename;
}
spork ~ listen();
spork ~ watch();
spork ~ move();
ended => now;
2::second => now;
goodbye();
500::ms => now;
record.closeFile();
