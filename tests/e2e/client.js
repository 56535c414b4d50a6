/* A participant as a test sees it: a WebSocket (npm `ws`, no code of the project) with a queue of what came in.
 *
 * Rules: nothing is skipped, so every message a test does not expect fails it; each message is checked against the form that
 * the reference gives its type; nothing sleeps (silence is proved by a question whose answer would come later).
 * Not here: starting servers (server.js). */
'use strict';

const assert = require('node:assert');
const WebSocket = require('ws');
const { freshAddress } = require('./addresses');
const { within, patienceMs } = require('./process');

/* Key of a message under which its text stands as it came. */
const rawText = Symbol('as it came');
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/* Members that a message of each type must have beside type, roomId, participantId and timestamp. */
const forms = {
    'participant-joined': { name: 'string', isModerator: 'boolean', isMuted: 'boolean', isVideoOff: 'boolean' },
    'participant-left': {},
    'participant-updated': { isModerator: 'boolean', isMuted: 'boolean', isVideoOff: 'boolean', isHandRaised: 'boolean' },
    'waiting-room': { name: 'string' },
    error: { message: 'string', code: 'string' },
    offer: { targetId: 'string', sdp: 'string' },
    answer: { targetId: 'string', sdp: 'string' },
    'ice-candidate': { targetId: 'string' },
    chat: { text: 'string' },
    'file-offer': { targetId: 'string', transferId: 'string', fileName: 'string', fileSize: 'number', fileType: 'string' },
    'file-answer': { targetId: 'string', transferId: 'string', accepted: 'boolean' },
    'file-chunk': { targetId: 'string', transferId: 'string', chunk: 'string', index: 'number', total: 'number' },
    'quality-change': { targetId: 'string', quality: 'string' },
    'raise-hand': {},
    'lower-hand': {},
    reaction: { reaction: 'string' },
    'recording-started': { startedBy: 'string' },
    'recording-stopped': { stoppedBy: 'string' },
    'room-locked': { lockedBy: 'string' },
    'room-unlocked': { unlockedBy: 'string' },
    'moderator-action': { targetId: 'string', action: 'string' },
    'reject-user': { targetId: 'string' },
};

function checkForm(message) {
    const shown = JSON.stringify(message);
    const form = forms[message.type];
    assert.ok(form, `a message of unknown type: ${shown}`);
    assert.strictEqual(typeof message.roomId, 'string', shown);
    assert.strictEqual(typeof message.participantId, 'string', shown);
    assert.ok(Number.isFinite(message.timestamp), `no timestamp: ${shown}`);
    for (const [member, type] of Object.entries(form)) assert.strictEqual(typeof message[member], type, `${member} in ${shown}`);
    if (message.type === 'error') {
        assert.strictEqual(message.roomId, '', shown);
        assert.strictEqual(message.participantId, '', shown);
    } else {
        assert.match(message.participantId, uuid, shown);
    }
}

class Client {
    constructor(socket, label) {
        this.socket = socket;
        this.label = label;
        this.queue = [];
        this.waiter = null;
        this.pings = 0;
        this.id = null;
        socket.on('message', (data, isBinary) => this.onMessage(data, isBinary));
        socket.on('ping', () => { this.pings += 1; });
        socket.on('error', (error) => { this.failure = error; });
        this.end = new Promise((resolve) => socket.on('close', (code, reason) => {
            this.gone = { code, reason: reason.toString() };
            resolve(this.gone);
            if (this.waiter) this.waiter();
        }));
    }

    /* A connection to `url`.  `options.from` is the source address; other options are those of `ws`. */
    static async open(url, options = {}) {
        const { from = freshAddress(), label, path = '/ws', protocols = [], ...others } = options;
        const socket = new WebSocket(`${url}${path}`, protocols, { localAddress: from, perMessageDeflate: false, ...others });
        const client = new Client(socket, label || 'client');
        const opened = new Promise((resolve, reject) => {
            socket.on('upgrade', (response) => { client.upgrade = response; });
            socket.on('open', resolve);
            socket.on('unexpected-response', (request, response) => {
                const error = new Error(`the handshake was answered ${response.statusCode}`);
                error.status = response.statusCode;
                error.headers = response.headers;
                request.destroy();
                reject(error);
            });
            socket.on('error', reject);
        });
        await within(patienceMs, `${url} did not open`, opened);
        return client;
    }

    onMessage(data, isBinary) {
        try {
            assert.ok(!isBinary, `${this.label} got a binary message`);
            const message = JSON.parse(data.toString());
            Object.defineProperty(message, rawText, { value: data.toString() });
            checkForm(message);
            this.queue.push(message);
        } catch (error) {
            this.queue.push({ type: '(a bad message)', error, text: data.toString().slice(0, 500) });
        }
        if (this.waiter) this.waiter();
    }

    sendText(text) {
        this.socket.send(text);
    }

    sendBytes(bytes, options) {
        this.socket.send(bytes, options);
    }

    /* Sends {type, ...members} as the reference has it: with roomId, participantId and timestamp. */
    send(type, members = {}) {
        this.sendText(JSON.stringify({ type, roomId: this.room || '', participantId: this.id || '', timestamp: Date.now(), ...members }));
    }

    /* The next message, which must be of `type` and have `members`. */
    async next(type, members = {}) {
        if (this.queue.length === 0) await this.arrival(`a message of type ${type}`);
        const message = this.queue.shift();
        if (message.error) throw message.error;
        if (type !== undefined) assert.strictEqual(message.type, type, `${this.label} expected ${type}, got ${message[rawText]}`);
        for (const [member, value] of Object.entries(members))
            assert.deepStrictEqual(message[member], value, `${member} at ${this.label} in ${message[rawText]}`);
        return message;
    }

    async arrival(what) {
        const arrived = new Promise((resolve) => {
            this.waiter = resolve;
            if (this.gone) resolve();
        });
        await within(patienceMs, `${this.label} waited in vain for ${what}`, arrived).finally(() => { this.waiter = null; });
        if (this.queue.length === 0)
            throw new Error(`${this.label} waited for ${what} but was closed: ${this.gone.code} ${this.gone.reason}`);
    }

    /* Messages up to and with the first of `type`. */
    async until(type) {
        const seen = [];
        do seen.push(await this.next()); while (seen[seen.length - 1].type !== type);
        return seen;
    }

    async error(code, message) {
        return this.next('error', message === undefined ? { code } : { code, message });
    }

    /* Joins and returns the own participant-joined; the roster follows in the queue. */
    async join(room, members = {}) {
        this.room = room;
        this.send('join', { participantId: '', name: this.label, ...members });
        return this.seated('name' in members ? {} : { name: this.label });
    }

    /* Reads the own participant-joined. */
    async seated(members = {}) {
        const own = await this.next('participant-joined', members);
        this.id = own.participantId;
        this.room = own.roomId;
        return own;
    }

    /* Reads one participant-joined for each of `others`, in this order. */
    async roster(...others) {
        const seen = [];
        for (const other of others) seen.push(await this.next('participant-joined', { participantId: other.id }));
        return seen;
    }

    /* Proves that nothing came: asks something whose answer takes the way of every message, to the broker and
     * back, and is for nobody else. */
    async heardNothing() {
        this.sendText('{"type":"chat"}');
        const answer = await this.next('error');
        assert.ok(['INVALID_MESSAGE', 'NOT_JOINED'].includes(answer.code), `${this.label} got ${answer[rawText]}`);
        return answer.code;
    }

    async isJoined() {
        return (await this.heardNothing()) === 'INVALID_MESSAGE';
    }

    /* Waits for the close; nothing but `unread` messages may be left. */
    async closed(code, unread = 0) {
        const end = await within(patienceMs, `${this.label} was not closed`, this.end);
        if (code !== undefined) assert.strictEqual(end.code, code, `${this.label} was closed with ${end.code} ${end.reason}`);
        if (unread !== null)
            assert.strictEqual(this.queue.length, unread, `${this.label} had unread: ${JSON.stringify(this.queue)}`);
        return end;
    }

    /* Closes as a browser does. */
    async close(code, reason) {
        this.socket.close(code, reason);
        return within(patienceMs, `${this.label}'s close was not answered`, this.end);
    }

    /* Vanishes: the socket is reset, no close frame. */
    vanish() {
        this.socket.terminate();
    }
}

module.exports = { Client, rawText, uuid };
