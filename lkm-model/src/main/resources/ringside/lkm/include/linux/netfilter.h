/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks in the path of packets. */
#ifndef __LINUX_NETFILTER_API_H
#define __LINUX_NETFILTER_API_H

#include <linux/compiler.h>
#include <linux/in.h>
#include <linux/list.h>
#include <linux/net.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/types.h>
#include <net/net_namespace.h>
#include_next <linux/netfilter.h>

int nf_register_net_hook(struct net *net, const struct nf_hook_ops *ops);
void nf_unregister_net_hook(struct net *net, const struct nf_hook_ops *ops);
int nf_register_net_hooks(struct net *net, const struct nf_hook_ops *reg, unsigned int n);
void nf_unregister_net_hooks(struct net *net, const struct nf_hook_ops *reg, unsigned int n);

#endif
