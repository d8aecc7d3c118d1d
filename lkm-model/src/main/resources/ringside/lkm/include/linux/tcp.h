/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _LINUX_TCP_API_H
#define _LINUX_TCP_API_H

#include <linux/byteorder.h>
#include <linux/skbuff.h>
#include_next <linux/tcp.h>

static inline struct tcphdr *tcp_hdr(const struct sk_buff *skb)
{
	return (struct tcphdr *)skb_transport_header(skb);
}

#endif
