/* sha256.h: SHA-256 (FIPS 180-4): hashes of sources, of class files, and of what a cached model was made from. */
#ifndef RNNC_SHA256_H
#define RNNC_SHA256_H
#include <stddef.h>
#include <stdint.h>

typedef struct Sha256 {
    uint32_t h[8];
    uint64_t bytes;
    unsigned char block[64];
} Sha256;

void sha256_start(Sha256 *hash);
void sha256_add(Sha256 *hash, const void *bytes, size_t count);
void sha256_end(Sha256 *hash, unsigned char digest[32]);
/* The digest of one text as 64 lower-case hexadecimal digits and a NUL. */
void sha256_hex(const void *bytes, size_t count, char hex[65]);
/* Digits of a digest made by sha256_end. */
void sha256_digits(const unsigned char digest[32], char hex[65]);
#endif
