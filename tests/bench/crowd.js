/* The load: people of many rooms, in a process of its own so that its cost is not counted.
 *
 *     node crowd.js URL SHAPE ROOMS SECONDS RATE WINDOW
 *
 * SHAPE  pairs   two people a room, each sends the other an offer of 300 bytes
 *        offers  the same with 2 KB
 *        chat    eight people a room, one of them talks, everybody gets it
 *        idle    ROOMS connections that only join, one room each
 * RATE   messages a second in all; 0: as fast as it comes back (WINDOW under way each sender)
 *
 * Prints "ready", waits for a line on stdin, loads for SECONDS and prints {deliveries, seconds}. */
'use strict';

const WebSocket = require('ws');

const [url, shape, roomsText, secondsText, rateText, windowText] = process.argv.slice(2);
const rooms = Number(roomsText);
const seconds = Number(secondsText);
const rate = Number(rateText);
const underWay = Number(windowText || 1);
const people = { pairs: 2, offers: 2, chat: 8, idle: 1 }[shape];
const padding = 'a=rtpmap:111 opus/48000/2\r\n'.repeat(100).slice(0, shape === 'offers' ? 1850 : 90);

let deliveries = 0;
let running = false;
const senders = [];

function address(i) {
    return `127.77.${Math.floor(i / 250) % 250}.${(i % 250) + 1}`;
}

function open(i) {
    return new Promise((resolve, reject) => {
        const socket = new WebSocket(`${url}/ws`, { localAddress: address(i), perMessageDeflate: false });
        socket.once('open', () => resolve(socket));
        socket.once('error', reject);
    });
}

function joined(socket, roomId, isHost) {
    return new Promise((resolve) => {
        socket.once('message', (data) => resolve(JSON.parse(data).participantId));
        socket.send(JSON.stringify({ type: 'join', roomId, participantId: '', name: 'Somebody', isHost, timestamp: Date.now() }));
    });
}

function send(sender) {
    const text = shape === 'chat'
        ? { type: 'chat', roomId: sender.room, participantId: sender.id, text: padding, timestamp: Date.now() }
        : { type: 'offer', roomId: sender.room, participantId: sender.id, targetId: sender.peer, sdp: padding, timestamp: Date.now() };
    sender.socket.send(JSON.stringify(text));
}

async function fill(number) {
    const room = `B${number.toString(36).toUpperCase().padStart(5, '0')}`;
    const group = [];
    for (let i = 0; i < people; i += 1) {
        const socket = await open(number * people + i);
        group.push({ socket, room, id: await joined(socket, room, i === 0) });
    }
    group.forEach((sender, i) => {
        sender.peer = group[(i + 1) % people].id;
        if (shape === 'idle') return;
        if (shape !== 'chat' || i === 0) senders.push(sender);
        const next = shape === 'chat' ? (i === 0 ? sender : null) : sender;
        sender.socket.on('message', (data) => {
            if (!running || !data.includes(shape === 'chat' ? '"chat"' : '"offer"')) return;
            deliveries += 1;
            if (rate === 0 && next) send(next);
        });
    });
}

function pace() {
    const started = process.hrtime.bigint();
    let sent = 0;
    const timer = setInterval(() => {
        const due = Math.floor(Number(process.hrtime.bigint() - started) / 1e9 * rate);
        for (; sent < due; sent += 1) send(senders[sent % senders.length]);
    }, 1);
    return () => clearInterval(timer);
}

async function main() {
    for (let i = 0; i < rooms; i += 20) await Promise.all(Array.from({ length: Math.min(20, rooms - i) }, (_, k) => fill(i + k)));
    console.log('ready');
    await new Promise((resolve) => process.stdin.once('data', resolve));
    running = true;
    const started = process.hrtime.bigint();
    let stop = () => {};
    if (rate > 0 && shape !== 'idle') stop = pace();
    else for (let i = 0; i < underWay; i += 1) senders.forEach(send);
    setTimeout(() => {
        stop();
        running = false;
        console.log(JSON.stringify({ deliveries, seconds: Number(process.hrtime.bigint() - started) / 1e9 }));
        process.exit(0);
    }, seconds * 1000);
}

main();
