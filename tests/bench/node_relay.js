/* What a user would run otherwise: a small signaling server on Node and npm `ws`, one process, as the benchmark's yardstick.
 * It parses each message, looks up room and target, sets participantId and roomId, and forwards; no queues, no limits,
 * no broker.  Prints its port. */
'use strict';

const { randomUUID } = require('node:crypto');
const http = require('node:http');
const { WebSocketServer } = require('ws');

const rooms = new Map(); // id -> Map of participant id -> {socket, name, isModerator}

function say(socket, type, roomId, participantId, members) {
    socket.send(JSON.stringify({ type, roomId, participantId, ...members, timestamp: Date.now() }));
}

function join(seat, message) {
    let room = rooms.get(message.roomId);
    if (!room) rooms.set(message.roomId, room = new Map());
    seat.id = randomUUID();
    seat.room = message.roomId;
    seat.isModerator = room.size === 0;
    seat.name = message.name;
    const joined = (who) => ({ name: who.name, isModerator: who.isModerator, isMuted: false, isVideoOff: false });
    for (const other of room.values()) say(other.socket, 'participant-joined', seat.room, seat.id, joined(seat));
    say(seat.socket, 'participant-joined', seat.room, seat.id, joined(seat));
    for (const other of room.values()) say(seat.socket, 'participant-joined', seat.room, other.id, joined(other));
    room.set(seat.id, seat);
}

function leave(seat) {
    const room = rooms.get(seat.room);
    if (!room) return;
    room.delete(seat.id);
    if (room.size === 0) rooms.delete(seat.room);
    for (const other of room.values()) say(other.socket, 'participant-left', seat.room, seat.id, {});
}

function relay(seat, message) {
    const target = rooms.get(seat.room).get(message.targetId);
    if (!target) {
        say(seat.socket, 'error', '', '', { message: 'Target participant not found', code: 'TARGET_NOT_FOUND' });
        return;
    }
    target.socket.send(JSON.stringify({ ...message, roomId: seat.room, participantId: seat.id }));
}

function broadcast(seat, message) {
    const text = JSON.stringify({ ...message, roomId: seat.room, participantId: seat.id, timestamp: Date.now() });
    for (const other of rooms.get(seat.room).values()) other.socket.send(text);
}

const server = http.createServer();
const sockets = new WebSocketServer({ server, path: '/ws', perMessageDeflate: false });
sockets.on('connection', (socket) => {
    const seat = { socket };
    socket.on('message', (data) => {
        const message = JSON.parse(data.toString());
        if (message.type === 'join') join(seat, message);
        else if (message.targetId) relay(seat, message);
        else broadcast(seat, message);
    });
    socket.on('close', () => leave(seat));
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
