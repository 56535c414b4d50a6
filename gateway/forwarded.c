/* See forwarded.h. */
#include "gateway/forwarded.h"

#include <ctype.h>
#include <string.h>

enum { PORT_DIGITS = 5, PORT_MAX = 65535 };

/* White space of HTTP, and nothing else. */
static mm_text_t trim(mm_text_t text)
{
    while (text.len > 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\t')) {
        text.ptr++;
        text.len--;
    }
    while (text.len > 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t'))
        text.len--;
    return text;
}

/* ":80" */
static bool is_port(mm_text_t text)
{
    long port = 0;

    if (text.len < 2 || text.len > 1 + PORT_DIGITS || text.ptr[0] != ':')
        return false;
    for (size_t i = 1; i < text.len; i++) {
        if (!isdigit((unsigned char)text.ptr[i]))
            return false;
        port = 10 * port + (text.ptr[i] - '0');
    }
    return port <= PORT_MAX;
}

static bool read_bracketed(mm_text_t element, uint8_t out[MM_ADDRESS_BYTES])
{
    const char *end = memchr(element.ptr, ']', element.len);
    size_t len = end == NULL ? 0 : (size_t)(end - element.ptr);

    if (end == NULL || memchr(element.ptr, ':', len) == NULL ||
        !mm_address_read((mm_text_t){element.ptr + 1, len - 1}, out))
        return false;
    element = (mm_text_t){end + 1, element.len - len - 1};
    return element.len == 0 || is_port(element);
}

/* Of an address with more than one colon none is a port's. */
static bool read_element(mm_text_t element, uint8_t out[MM_ADDRESS_BYTES])
{
    const char *colon;
    size_t len;

    if (element.ptr[0] == '[')
        return read_bracketed(element, out);
    colon = memchr(element.ptr, ':', element.len);
    len = colon == NULL ? element.len : (size_t)(colon - element.ptr);
    if (colon == NULL || memchr(colon + 1, ':', element.len - len - 1) != NULL)
        return mm_address_read(element, out);
    return is_port((mm_text_t){colon, element.len - len}) &&
           mm_address_read((mm_text_t){element.ptr, len}, out);
}

/* Takes the last element off. */
static mm_text_t take_last(mm_text_t *list)
{
    const char *comma = memrchr(list->ptr, ',', list->len);
    size_t before = comma == NULL ? 0 : (size_t)(comma - list->ptr) + 1;
    mm_text_t element = {list->ptr + before, list->len - before};

    list->len = comma == NULL ? 0 : before - 1;
    return trim(element);
}

mm_err_t mm_forwarded_client(const mm_networks_t *trusted, const uint8_t peer[MM_ADDRESS_BYTES],
                             mm_text_t header, uint8_t out[MM_ADDRESS_BYTES])
{
    memmove(out, peer, MM_ADDRESS_BYTES);
    if (!mm_networks_have(trusted, peer))
        return MM_OK;
    if (header.len > MM_FORWARDED_BYTES)
        return MM_ERR_MALFORMED;
    while (header.len > 0) {
        mm_text_t element = take_last(&header);
        if (element.len == 0)
            continue;
        if (!read_element(element, out))
            return MM_ERR_MALFORMED;
        if (!mm_networks_have(trusted, out))
            return MM_OK;
    }
    return MM_OK;
}
