/* SPDX-License-Identifier: Apache-2.0 */
#ifndef __NET_NET_NAMESPACE_H
#define __NET_NET_NAMESPACE_H

struct net;
extern struct net init_net;

#endif
