/* Source addresses: limits count by address, so every client of a test comes from another one unless the test says which. */
'use strict';

let addresses = 0;

/* One of 127.0.0.0/8 that nobody else uses. */
function freshAddress() {
    addresses += 1;
    return `127.${10 + (process.pid % 100)}.${Math.floor(addresses / 250) + 1}.${(addresses % 250) + 1}`;
}

module.exports = { freshAddress };
