/* One MikroMeet under test: a broker and one or more gateways, with a data folder, a runtime folder and ports of its own.
 *
 * Rules: listens on loopback only, on ports that the system gives; two servers never meet; a stop checks
 * that every process ended with 0 and reported nothing bad; folders are removed.
 * Not here: what is said to it (client.js, http.js). */
'use strict';

const { mkdtempSync, mkdirSync, rmSync } = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Program, within, patienceMs } = require('./process');
const { Client } = require('./client');
const { freshAddress } = require('./addresses');
const http = require('./http');

/* A socket address holds 107 bytes, so the folder must not lie deep. */
function makeFolder() {
    const parent = os.tmpdir().length <= 40 ? os.tmpdir() : '/tmp';
    return mkdtempSync(path.join(parent, 'mm-'));
}

function removeFolder(folder) {
    rmSync(folder, { recursive: true, force: true });
}

/* {'join-deadline': '1s'} as variables. */
function variables(settings = {}) {
    return Object.fromEntries(Object.entries(settings).map(
        ([name, value]) => [`MIKROMEET_${name.toUpperCase().replace(/-/g, '_')}`, String(value)]));
}

class Server {
    /* options: gateways (how many), settings (of all processes), gateway, broker (of one program), folder (kept if given). */
    constructor(options = {}) {
        this.options = options;
        this.wanted = options.gateways || Number(process.env.MM_GATEWAYS || 1);
        this.gateways = [];
        this.clients = [];
        this.nextGateway = 0;
    }

    static async start(options) {
        const server = new Server(options);
        try {
            await server.begin();
        } catch (error) {
            await server.abandon();
            throw error;
        }
        return server;
    }

    async begin() {
        this.folder = this.options.folder || makeFolder();
        mkdirSync(path.join(this.folder, 'run'), { recursive: true, mode: 0o700 });
        this.data = this.options.data || path.join(this.folder, 'data');
        this.startBroker();
        for (let i = 0; i < this.wanted; i += 1) await this.startGateway(`gateway-${i + 1}`);
    }

    environment(own) {
        return {
            HOME: this.folder,
            XDG_RUNTIME_DIR: path.join(this.folder, 'run'),
            ...variables({ data: this.data, ...this.options.settings, ...own }),
            ...this.options.environment,
        };
    }

    /* A gateway's `linked` tells when it is ready. */
    startBroker(own = {}) {
        this.broker = new Program('mikromeet-broker', { env: this.environment({ ...this.options.broker, ...own }) });
        return this.broker;
    }

    async startGateway(name, own = {}) {
        const settings = { name, port: 0, address: '127.0.0.1', ...this.options.gateway, ...own };
        const gateway = new Program('mikromeet-gateway', { env: this.environment(settings) });
        this.gateways.push(gateway);
        gateway.port = (await gateway.started()).port;
        gateway.url = `ws://127.0.0.1:${gateway.port}`;
        await this.linked(gateway);
        return gateway;
    }

    /* /health answers 200, and a question to the broker is answered. */
    async linked(gateway) {
        const health = await http.get(gateway, '/health');
        if (health.status !== 200) throw new Error(`/health answered ${health.status}`);
        const probe = await Client.open(gateway.url, { from: freshAddress(), label: 'probe' });
        try {
            probe.send('join', { roomId: 'nobody-made-this', name: 'probe' });
            await probe.error('ROOM_NOT_FOUND');
        } finally {
            await probe.close();
        }
    }

    get gateway() {
        return this.gateways[0];
    }

    /* Gateways in turn, so that with several the people of a room sit on different ones. */
    pickGateway() {
        this.nextGateway += 1;
        return this.gateways[this.nextGateway % this.gateways.length];
    }

    async client(label = 'client', options = {}) {
        const { gateway = this.pickGateway(), ...others } = options;
        const client = await Client.open(gateway.url, { from: freshAddress(), label, ...others });
        client.gateway = gateway;
        this.clients.push(client);
        return client;
    }

    dropClients() {
        this.clients.forEach((client) => client.vanish());
        this.clients = [];
    }

    /* The counters of the broker, and those of all gateways. */
    async counters() {
        const broker = await this.broker.counters();
        const gateways = await Promise.all(this.gateways.filter((gateway) => !gateway.end).map((gateway) => gateway.counters()));
        return { broker, gateways };
    }

    /* Asks until `holds` says so, for what follows an event that no client sees. */
    async eventually(what, holds, everyMs = 5) {
        let asking = true;
        const asked = (async () => {
            while (asking && !await holds()) await new Promise((resolve) => { setTimeout(resolve, everyMs); });
        })();
        await within(patienceMs, `never: ${what}`, asked).finally(() => { asking = false; });
    }

    programs() {
        return [...this.gateways, this.broker].filter((program) => program);
    }

    async stop() {
        this.dropClients();
        const failures = [];
        for (const program of this.programs()) {
            if (program.end) continue;
            await program.stop().catch((error) => failures.push(error));
        }
        this.programs().forEach((program) => {
            try {
                program.checkLog();
            } catch (error) {
                failures.push(error);
            }
        });
        await this.abandon();
        if (failures.length > 0) throw failures[0];
    }

    async abandon() {
        this.dropClients();
        for (const program of this.programs()) await program.kill();
        if (this.folder && !this.options.folder) removeFolder(this.folder);
    }
}

module.exports = { Server, makeFolder, removeFolder, variables, freshAddress };
