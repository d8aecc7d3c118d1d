/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _LINUX_POISON_H
#define _LINUX_POISON_H

/* CONFIG_ILLEGAL_POINTER_VALUE of riscv64: an address that no page table maps. */
#define POISON_POINTER_DELTA 0xdead000000000000UL
#define LIST_POISON1 ((void *)(0x100 + POISON_POINTER_DELTA))
#define LIST_POISON2 ((void *)(0x122 + POISON_POINTER_DELTA))

#endif
