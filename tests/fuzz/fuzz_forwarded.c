/* Any text as X-Forwarded-For of a trusted proxy, and as a list of networks.
 *
 * A header that is taken names the client in one of its elements; what a stranger writes before it changes nothing once the client is no
 * proxy; and a list that is taken has the addresses it is made of. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/forwarded.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "broken: %s\n", what);
        abort();
    }
}

static const mm_networks_t *trusted_networks(void)
{
    static mm_networks_t *networks;
    size_t bad;

    if (networks == NULL)
        networks = mm_networks_read(mm_text("10.0.0.0/8,::1,2001:db8::/33"), &bad);
    require(networks != NULL, "the list of this test is read");
    return networks;
}

static void check_printed(const uint8_t address[MM_ADDRESS_BYTES])
{
    uint8_t again[MM_ADDRESS_BYTES];
    char printed[MM_ADDRESS_CHARS];

    mm_address_print(address, printed);
    require(mm_address_read(mm_text(printed), again), "what is printed can be read");
    require(memcmp(again, address, sizeof again) == 0, "and is the same");
}

static void check_header(mm_text_t header)
{
    static const uint8_t proxy[MM_ADDRESS_BYTES] = {[10] = 0xff, [11] = 0xff, 10, 0, 0, 1};
    static const uint8_t stranger[MM_ADDRESS_BYTES] = {[10] = 0xff, [11] = 0xff, 9, 0, 0, 1};
    uint8_t client[MM_ADDRESS_BYTES], other[MM_ADDRESS_BYTES];
    char longer[MM_FORWARDED_BYTES];

    require(mm_forwarded_client(trusted_networks(), stranger, header, client) == MM_OK &&
                memcmp(client, stranger, sizeof client) == 0,
            "a stranger is itself");
    if (mm_forwarded_client(trusted_networks(), proxy, header, client) != MM_OK)
        return;
    check_printed(client);
    if (mm_networks_have(trusted_networks(), client) || header.len + 9 > sizeof longer)
        return;
    memcpy(longer, "1.2.3.4, ", 9);
    memcpy(longer + 9, header.ptr, header.len);
    require(mm_forwarded_client(trusted_networks(), proxy, (mm_text_t){longer, header.len + 9},
                                other) == MM_OK &&
                memcmp(client, other, sizeof client) == 0,
            "what stands left of the client does not matter");
}

static void check_list(mm_text_t list)
{
    size_t bad = 0, len = list.len == 0 ? 0 : strcspn(list.ptr, ",/");
    mm_networks_t *networks = mm_networks_read(list, &bad);
    uint8_t address[MM_ADDRESS_BYTES];

    require(networks != NULL || bad > 0, "a refusal names its place");
    if (networks != NULL && mm_address_read(mm_text_trim((mm_text_t){list.ptr, len}), address))
        require(mm_networks_have(networks, address), "a network has its own address");
    mm_networks_destroy(&networks);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    require(text != NULL, "memory");
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    check_header((mm_text_t){text, size});
    check_list((mm_text_t){text, size});
    free(text);
    return 0;
}
