/* A WebSocket as its bytes (RFC 6455, section 5): frames built by hand, also those that must not be, and read by hand.
 *
 * Rules: a frame is masked unless it is said otherwise; what the server sends is held to the RFC (no mask, no reserved bits,
 * no fragments, lengths in their shortest form), so that a test fails which did not look for it.
 * Not here: well-behaved clients (client.js), which frames are tried (conformance.test.js). */
'use strict';

const assert = require('node:assert');
const { createHash, randomBytes } = require('node:crypto');
const net = require('node:net');
const { freshAddress } = require('./addresses');
const { within, patienceMs } = require('./process');

const opcodes = { more: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

function lengthBytes(length, isMasked) {
    const mask = isMasked ? 0x80 : 0;
    if (length < 126) return Buffer.from([mask | length]);
    if (length < 65536) return Buffer.from([mask | 126, length >> 8, length & 0xff]);
    const bytes = Buffer.alloc(9, 0);
    bytes[0] = mask | 127;
    bytes.writeUInt32BE(length, 5);
    return bytes;
}

/* `options`: fin (true), reserved (bits 4, 2, 1), isMasked (true). */
function frame(opcode, payload = '', { fin = true, reserved = 0, isMasked = true } = {}) {
    const body = Buffer.from(payload);
    const head = Buffer.concat([Buffer.from([(fin ? 0x80 : 0) | (reserved << 4) | opcode]), lengthBytes(body.length, isMasked)]);
    if (!isMasked) return Buffer.concat([head, body]);
    const mask = randomBytes(4);
    return Buffer.concat([head, mask, body.map((byte, i) => byte ^ mask[i % 4])]);
}

/* The payload of a close frame. */
function closing(code, reason = '') {
    return Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]);
}

/* {frame, size} at the beginning of `bytes`; nothing while it is not whole. */
function readFrame(bytes) {
    if (bytes.length < 2) return undefined;
    const short = bytes[1] & 0x7f;
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (bytes.length < head) return undefined;
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    if (bytes.length < head + length) return undefined;
    assert.strictEqual(bytes[0] & 0xf0, 0x80, 'the server sent reserved bits or a fragment');
    assert.strictEqual(bytes[1] & 0x80, 0, 'the server sent a mask');
    assert.ok(short < 126 || length >= (short === 126 ? 126 : 65536), 'the server sent a length in more bytes than it needs');
    return { frame: { opcode: bytes[0] & 0x0f, payload: Buffer.from(bytes.subarray(head, head + length)) }, size: head + length };
}

class RawPeer {
    /* Resolves behind the 101. */
    static async open(gateway) {
        const peer = new RawPeer(net.connect({ host: '127.0.0.1', port: gateway.port, localAddress: freshAddress(), noDelay: true, allowHalfOpen: true }));
        const key = randomBytes(16).toString('base64');
        const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
        peer.socket.write(`GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n`
            + `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`);
        await peer.arrival('the 101', () => peer.head !== undefined);
        assert.match(peer.head, /^HTTP\/1\.1 101 /);
        assert.ok(peer.head.toLowerCase().includes(`sec-websocket-accept: ${accept.toLowerCase()}`), peer.head);
        return peer;
    }

    constructor(socket) {
        this.socket = socket;
        this.bytes = Buffer.alloc(0);
        this.frames = []; /* all that came */
        this.hasEnded = false; /* the server sends no more */
        this.waiters = [];
        socket.on('error', () => {});
        socket.on('end', () => this.onEnd());
        socket.on('close', () => this.onEnd());
        socket.on('data', (data) => this.onData(data));
    }

    onEnd() {
        this.hasEnded = true;
        this.wake();
    }

    wake() {
        this.waiters.splice(0).forEach((waiter) => waiter());
    }

    onData(data) {
        this.bytes = Buffer.concat([this.bytes, data]);
        const end = this.head === undefined ? this.bytes.indexOf('\r\n\r\n') : -1;
        if (end >= 0) {
            this.head = this.bytes.subarray(0, end + 4).toString('latin1');
            this.bytes = this.bytes.subarray(end + 4);
        }
        try {
            for (let next = this.head && readFrame(this.bytes); next; next = readFrame(this.bytes)) {
                this.bytes = this.bytes.subarray(next.size);
                this.frames.push(next.frame);
            }
        } catch (error) {
            this.failure = error;
        }
        this.wake();
    }

    /* Until `holds`, or the server has ended the connection. */
    async arrival(what, holds) {
        let isLate = false;
        const arrived = (async () => {
            while (!isLate && !this.failure && !this.hasEnded && !holds()) await new Promise((resolve) => { this.waiters.push(resolve); });
        })();
        await within(patienceMs, () => `${what} did not come, but ${this.describe()}`, arrived).finally(() => { isLate = true; this.wake(); });
        if (this.failure) throw this.failure;
    }

    describe() {
        return JSON.stringify(this.frames.map(({ opcode, payload }) => [opcode, payload.subarray(0, 200).toString('latin1')]));
    }

    /* Sends; in writes of `chop` bytes where that is given. */
    async write(bytes, chop = bytes.length) {
        for (let at = 0; at < bytes.length && !this.socket.destroyed; at += chop) {
            this.socket.write(bytes.subarray(at, at + chop));
            if (chop < bytes.length) await new Promise(setImmediate);
        }
    }

    payloads(opcode) {
        return this.frames.filter((one) => one.opcode === opcode).map((one) => one.payload);
    }

    /* Text messages of `type`. */
    messages(type) {
        return this.payloads(opcodes.text).map((payload) => JSON.parse(payload.toString())).filter((message) => message.type === type);
    }

    /* How the server closed: the code, 'empty' without one, 'none' without a close frame. */
    closeCode() {
        const [payload] = this.payloads(opcodes.close);
        if (payload === undefined) return 'none';
        return payload.length < 2 ? 'empty' : payload.readUInt16BE(0);
    }

    /* Waits for a close frame and for the end of the connection, which the server has to begin (section 7.1.1) where its frame was an
     * answer; else the frame is answered, and our side ended: see the test of who keeps it open. */
    async closed(isAnswer = false) {
        await this.arrival('a close', () => this.payloads(opcodes.close).length > 0);
        const [payload] = this.payloads(opcodes.close);
        if (!isAnswer) this.socket.end(payload === undefined ? '' : frame(opcodes.close, payload.subarray(0, 2)));
        await this.arrival('the end of the connection', () => false);
        return this.closeCode();
    }

    destroy() {
        this.socket.destroy();
    }
}

module.exports = { RawPeer, frame, closing, opcodes };
