/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _ASM_RISCV_BYTEORDER_H
#define _ASM_RISCV_BYTEORDER_H
#include <linux/byteorder.h>
#endif
