/* SPDX-License-Identifier: Apache-2.0 */
/* Packets in the kernel. */
#ifndef _LINUX_SKBUFF_API_H
#define _LINUX_SKBUFF_API_H

#include <linux/byteorder.h>
#include <linux/compiler.h>
#include <linux/gfp.h>
#include <linux/string.h>
#include <linux/types.h>
#include_next <linux/skbuff.h>

static inline unsigned char *skb_mac_header(const struct sk_buff *skb)
{
	return skb->head + skb->mac_header;
}

static inline unsigned char *skb_network_header(const struct sk_buff *skb)
{
	return skb->head + skb->network_header;
}

static inline unsigned char *skb_transport_header(const struct sk_buff *skb)
{
	return skb->head + skb->transport_header;
}

static inline int skb_network_offset(const struct sk_buff *skb)
{
	return skb_network_header(skb) - skb->data;
}

static inline int skb_transport_offset(const struct sk_buff *skb)
{
	return skb_transport_header(skb) - skb->data;
}

static inline void skb_set_transport_header(struct sk_buff *skb, const int offset)
{
	skb->transport_header = (skb->data - skb->head) + offset;
}

static inline unsigned int skb_headlen(const struct sk_buff *skb)
{
	return skb->len - skb->data_len;
}

int skb_copy_bits(const struct sk_buff *skb, int offset, void *to, int len);

/* A pointer to len bytes at offset, in the packet itself where they are linear there. */
static inline void *skb_header_pointer(const struct sk_buff *skb, int offset, int len,
				       void *buffer)
{
	if (likely((int)skb_headlen(skb) - offset >= len))
		return skb->data + offset;
	if (skb_copy_bits(skb, offset, buffer, len) < 0)
		return NULL;
	return buffer;
}

#endif
