/* See address.h. */
#include "proto/address.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ADDRESS_BITS = 128, IPV4_BITS = 32, SUBSCRIBER_BYTES = 8, PREFIX_DIGITS = 3 };

static const uint8_t mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

typedef struct network {
    uint8_t address[MM_ADDRESS_BYTES];
    unsigned bits; /* of the prefix, IPv4's mapped too */
} network_t;

struct mm_networks {
    size_t count;
    network_t list[];
};

static bool is_ipv4(const uint8_t address[MM_ADDRESS_BYTES])
{
    return memcmp(address, mapped, sizeof mapped) == 0;
}

bool mm_address_read(mm_text_t text, uint8_t out[MM_ADDRESS_BYTES])
{
    char terminated[MM_ADDRESS_CHARS];

    if (text.len == 0 || text.len >= sizeof terminated || memchr(text.ptr, '\0', text.len) != NULL)
        return false;
    memcpy(terminated, text.ptr, text.len);
    terminated[text.len] = '\0';
    if (inet_pton(AF_INET6, terminated, out) == 1)
        return true;
    memcpy(out, mapped, sizeof mapped);
    return inet_pton(AF_INET, terminated, out + sizeof mapped) == 1;
}

void mm_address_print(const uint8_t address[MM_ADDRESS_BYTES], char out[MM_ADDRESS_CHARS])
{
    const char *printed = is_ipv4(address)
                              ? inet_ntop(AF_INET, address + sizeof mapped, out, MM_ADDRESS_CHARS)
                              : inet_ntop(AF_INET6, address, out, MM_ADDRESS_CHARS);

    assert(printed != NULL);
    (void)printed;
}

void mm_address_subscriber(const uint8_t address[MM_ADDRESS_BYTES], uint8_t out[MM_ADDRESS_BYTES])
{
    memmove(out, address, MM_ADDRESS_BYTES);
    if (!is_ipv4(address))
        memset(out + SUBSCRIBER_BYTES, 0, MM_ADDRESS_BYTES - SUBSCRIBER_BYTES);
}

/* --- networks ------------------------------------------------------------------------------- */

static bool is_within(const uint8_t address[MM_ADDRESS_BYTES], const network_t *network)
{
    unsigned whole = network->bits / 8, rest = network->bits % 8;

    if (memcmp(address, network->address, whole) != 0)
        return false;
    return rest == 0 || (address[whole] ^ network->address[whole]) >> (8 - rest) == 0;
}

static bool has_bits_behind(const network_t *network)
{
    for (unsigned bit = network->bits; bit < ADDRESS_BITS; bit++)
        if ((network->address[bit / 8] >> (7 - bit % 8) & 1) != 0)
            return true;
    return false;
}

static bool read_prefix(mm_text_t text, unsigned limit, unsigned *out)
{
    *out = 0;
    if (text.len == 0 || text.len > PREFIX_DIGITS)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        *out = 10 * *out + (unsigned)(text.ptr[i] - '0');
    }
    return *out <= limit;
}

static bool read_network(mm_text_t text, network_t *out)
{
    const char *slash = text.len == 0 ? NULL : memchr(text.ptr, '/', text.len);
    size_t len = slash == NULL ? text.len : (size_t)(slash - text.ptr);
    unsigned limit, bits;

    if (!mm_address_read((mm_text_t){text.ptr, len}, out->address))
        return false;
    /* ::ffff:0:0/96 is written in IPv6's form, and so are its bits. */
    limit = memchr(text.ptr, ':', len) == NULL ? IPV4_BITS : ADDRESS_BITS;
    bits = limit;
    if (slash != NULL && !read_prefix((mm_text_t){slash + 1, text.len - len - 1}, limit, &bits))
        return false;
    out->bits = bits + (ADDRESS_BITS - limit);
    return !has_bits_behind(out);
}

mm_networks_t *mm_networks_read(mm_text_t text, size_t *out_bad)
{
    size_t count = 1;
    mm_networks_t *networks;

    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == ',';
    networks = calloc(1, sizeof *networks + count * sizeof networks->list[0]);
    assert(networks != NULL);
    if (mm_text_trim(text).len == 0)
        return networks;
    while (networks->count < count) {
        const char *comma = memchr(text.ptr, ',', text.len);
        size_t len = comma == NULL ? text.len : (size_t)(comma - text.ptr);
        if (!read_network(mm_text_trim((mm_text_t){text.ptr, len}),
                          &networks->list[networks->count])) {
            *out_bad = networks->count + 1;
            mm_networks_destroy(&networks);
            return NULL;
        }
        networks->count++;
        len += comma != NULL;
        text = (mm_text_t){text.ptr + len, text.len - len};
    }
    return networks;
}

void mm_networks_destroy(mm_networks_t **networks_p)
{
    free(*networks_p);
    *networks_p = NULL;
}

bool mm_networks_have(const mm_networks_t *networks, const uint8_t address[MM_ADDRESS_BYTES])
{
    for (size_t i = 0; i < networks->count; i++)
        if (is_within(address, &networks->list[i]))
            return true;
    return false;
}
