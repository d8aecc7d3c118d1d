/* SPDX-License-Identifier: Apache-2.0 */
/* Network byte order on a little-endian machine. */
#ifndef _LINUX_BYTEORDER_API_H
#define _LINUX_BYTEORDER_API_H

#include <linux/types.h>

#ifndef htons
#define htons(x) ((__be16)__builtin_bswap16((u16)(x)))
#define ntohs(x) __builtin_bswap16((u16)(x))
#define htonl(x) ((__be32)__builtin_bswap32((u32)(x)))
#define ntohl(x) __builtin_bswap32((u32)(x))
#define cpu_to_be16(x) htons(x)
#define cpu_to_be32(x) htonl(x)
#define be16_to_cpu(x) ntohs(x)
#define be32_to_cpu(x) ntohl(x)
#define cpu_to_be64(x) ((__be64)__builtin_bswap64(x))
#define be64_to_cpu(x) __builtin_bswap64(x)
#define cpu_to_le16(x) ((__le16)(x))
#define cpu_to_le32(x) ((__le32)(x))
#define le16_to_cpu(x) ((u16)(x))
#define le32_to_cpu(x) ((u32)(x))
#endif

#endif
