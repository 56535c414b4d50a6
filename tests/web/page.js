/* A browser client of the public API, as small as it can be: whoever comes offers to everybody who is there.
 * What happened stands in window.meeting, where the test looks.
 *
 * Query: api (origin of the gateway), room, name, host (1: makes the room).
 * Rules: the two browsers know nothing of each other but what the server relays. Everything in between is the reference's. */
'use strict';

const query = new URLSearchParams(location.search);
const api = query.get('api');
const remoteVideo = document.getElementById('remote');

window.meeting = {
    errors: [],
    id: null,
    iceServers: null,
    offers: 0, /* relayed to this page */
    answers: 0,
    candidates: 0,
    connection: null, /* state of the RTCPeerConnection */
    channel: null, /* state of the data channel */
    texts: [], /* what came through it */
    frames: 0, /* presented by the remote video */
    pictures: 0, /* how often its picture changed */
};

const state = window.meeting;
let socket;
let stream;
let peer; /* {id, connection, channel, early} */

const fail = (error) => state.errors.push(String(error && error.stack ? error.stack : error));
window.addEventListener('error', (event) => fail(event.error || event.message));
window.addEventListener('unhandledrejection', (event) => fail(event.reason));

function send(type, members) {
    socket.send(JSON.stringify({
        type, roomId: query.get('room'), participantId: state.id || '', timestamp: Date.now(), ...members,
    }));
}

function connectTo(id) {
    const connection = new RTCPeerConnection({ iceServers: state.iceServers });
    peer = { id, connection, channel: null, early: [] };
    stream.getTracks().forEach((track) => connection.addTrack(track, stream));
    /* The last candidate is null, and it is relayed like the others. */
    connection.onicecandidate = (event) => send('ice-candidate', {
        targetId: id, candidate: event.candidate ? event.candidate.toJSON() : null,
    });
    connection.onconnectionstatechange = () => { state.connection = connection.connectionState; };
    connection.ontrack = (event) => {
        if (event.track.kind === 'video') watch(event.streams[0]);
    };
    connection.ondatachannel = (event) => useChannel(event.channel);
    return peer;
}

function useChannel(channel) {
    peer.channel = channel;
    channel.onopen = () => {
        state.channel = channel.readyState;
        channel.send(`hello from ${query.get('name')}`);
    };
    channel.onmessage = (event) => state.texts.push(event.data);
}

/* Counts frames that were put on the screen, and pictures that differ from the one before. */
function watch(remote) {
    remoteVideo.srcObject = remote;
    const canvas = document.createElement('canvas');
    canvas.width = 32;
    canvas.height = 24;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    let last = '';
    const onFrame = () => {
        state.frames += 1;
        context.drawImage(remoteVideo, 0, 0, canvas.width, canvas.height);
        const picture = context.getImageData(0, 0, canvas.width, canvas.height).data.join();
        if (picture !== last) state.pictures += 1;
        last = picture;
        remoteVideo.requestVideoFrameCallback(onFrame);
    };
    remoteVideo.requestVideoFrameCallback(onFrame);
}

async function offerTo(id) {
    const { connection } = connectTo(id);
    useChannel(connection.createDataChannel('chat'));
    await connection.setLocalDescription(await connection.createOffer());
    send('offer', { targetId: id, sdp: connection.localDescription.sdp });
}

async function onOffer(message) {
    state.offers += 1;
    const { connection } = connectTo(message.participantId);
    await connection.setRemoteDescription({ type: 'offer', sdp: message.sdp });
    await addEarlyCandidates();
    await connection.setLocalDescription(await connection.createAnswer());
    send('answer', { targetId: message.participantId, sdp: connection.localDescription.sdp });
}

async function onAnswer(message) {
    state.answers += 1;
    await peer.connection.setRemoteDescription({ type: 'answer', sdp: message.sdp });
    await addEarlyCandidates();
}

async function onCandidate(message) {
    state.candidates += 1;
    if (!peer.connection.remoteDescription) peer.early.push(message.candidate);
    else await peer.connection.addIceCandidate(message.candidate || undefined);
}

async function addEarlyCandidates() {
    for (const candidate of peer.early.splice(0)) await peer.connection.addIceCandidate(candidate || undefined);
}

/* The first participant-joined is one's own; those behind it were there before. */
let present = false;

async function onMessage(message) {
    switch (message.type) {
    case 'participant-joined':
        if (!state.id) state.id = message.participantId;
        else if (!present && query.get('host') !== '1') await offerTo(message.participantId);
        present = present || query.get('host') === '1';
        break;
    case 'offer': return onOffer(message);
    case 'answer': return onAnswer(message);
    case 'ice-candidate': return onCandidate(message);
    case 'error': return fail(`${message.code}: ${message.message}`);
    default:
    }
    return undefined;
}

async function begin() {
    await fetch(`${api}/config.json`).then((response) => response.json());
    state.iceServers = (await fetch(`${api}/config`).then((response) => response.json())).iceServers;
    stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 320, height: 240, frameRate: 30 } });
    document.getElementById('local').srcObject = stream;
    socket = new WebSocket(`${api.replace(/^http/, 'ws')}/ws`);
    /* One after the other: an answer must not overtake the offer before it. */
    let turn = Promise.resolve();
    socket.onmessage = (event) => { turn = turn.then(() => onMessage(JSON.parse(event.data))).catch(fail); };
    socket.onclose = (event) => { state.closed = event.code; };
    socket.onopen = () => send('join', { name: query.get('name'), isHost: query.get('host') === '1' });
}

begin().catch(fail);
