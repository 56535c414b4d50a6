/* CPU per delivery and memory per connection, of MikroMeet (gateway and broker together) and of a small Node server
 * (node_relay.js), in turns within one run:
 *
 *     node tests/bench/deliveries.js [runs]          (MM_BIN: folder of the programs, NODE_PATH: where npm `ws` is)
 *
 * Prints a table: the median of the runs, and the median ratio of each pair of runs.  CPU is user and system time of the server
 * processes from /proc, so a noisy machine disturbs it little. */
'use strict';

const { spawn } = require('node:child_process');
const { readFileSync } = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');
const { Server } = require('../e2e/server');

const runs = Number(process.argv[2] || 3);
const seconds = 3;
const loads = [
    { name: 'offer 300 B, 50 pairs, saturated', shape: 'pairs', rooms: 50, rate: 0, window: 8 },
    { name: 'offer 2 KB, 50 pairs, saturated', shape: 'offers', rooms: 50, rate: 0, window: 8 },
    { name: 'chat in rooms of 8, saturated', shape: 'chat', rooms: 12, rate: 0, window: 8 },
    { name: 'offer 300 B, 5,000 a second', shape: 'pairs', rooms: 50, rate: 5000 },
    { name: 'offer 300 B, 10,000 a second', shape: 'pairs', rooms: 50, rate: 10000 },
];
const idleConnections = 1500;

function cpuSeconds(pids) {
    return pids.reduce((sum, pid) => {
        const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
        return sum + (Number(fields[11]) + Number(fields[12])) / 100;
    }, 0);
}

function residentBytes(pids) {
    return pids.reduce((sum, pid) => sum + Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024, 0);
}

function crowd(url, load, time) {
    const child = spawn(process.execPath, [path.join(__dirname, 'crowd.js'), url, load.shape, load.rooms, time, load.rate, load.window || 1],
        { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return { child, line: async () => (await lines.next()).value };
}

async function startMikromeet() {
    const server = await Server.start({ gateway: { 'rate-limit-messages': 0 } }); /* the load is above it */
    return { url: server.gateway.url, pids: [server.gateway.child.pid, server.broker.child.pid], stop: () => server.stop() };
}

async function startNode() {
    const child = spawn(process.execPath, [path.join(__dirname, 'node_relay.js')], { stdio: ['ignore', 'pipe', 'inherit'] });
    const port = await new Promise((resolve) => child.stdout.once('data', (data) => resolve(Number(data))));
    return { url: `ws://127.0.0.1:${port}`, pids: [child.pid], stop: async () => child.kill() };
}

async function measure(start, load) {
    const server = await start();
    const { child, line } = crowd(server.url, load, seconds);
    await line();
    const before = cpuSeconds(server.pids);
    child.stdin.write('go\n');
    const { deliveries, seconds: time } = JSON.parse(await line());
    const cpu = cpuSeconds(server.pids) - before;
    await server.stop();
    return { micros: cpu / deliveries * 1e6, rate: deliveries / time };
}

async function measureIdle(start) {
    const server = await start();
    const before = residentBytes(server.pids);
    const { child, line } = crowd(server.url, { shape: 'idle', rooms: idleConnections, rate: 0 }, 1);
    await line();
    const bytes = (residentBytes(server.pids) - before) / idleConnections;
    child.kill();
    await server.stop();
    return bytes;
}

function median(values) {
    return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

async function main() {
    console.log(`median of ${runs} runs                     MikroMeet          Node       Node : MikroMeet`);
    for (const load of loads) {
        const ours = [];
        const theirs = [];
        for (let i = 0; i < runs; i += 1) {
            ours.push(await measure(startMikromeet, load));
            theirs.push(await measure(startNode, load));
        }
        const ratio = median(ours.map((one, i) => theirs[i].micros / one.micros));
        const show = (all) => `${median(all.map((one) => one.micros)).toFixed(1).padStart(6)} us ${(median(all.map((one) => one.rate)) / 1000).toFixed(1).padStart(5)} k/s`;
        console.log(`${load.name.padEnd(36)} ${show(ours)}  ${show(theirs)}  ${ratio.toFixed(1).padStart(5)}`);
    }
    const ours = await measureIdle(startMikromeet);
    const theirs = await measureIdle(startNode);
    console.log(`${`memory of an idle connection in a room (${idleConnections})`.padEnd(36)} ${(ours / 1024).toFixed(1)} KiB  ${(theirs / 1024).toFixed(1)} KiB  ${(theirs / ours).toFixed(1)}`);
}

main();
