/* SPDX-License-Identifier: Apache-2.0 */
/* Marks for code and data that are needed only while a module comes or goes. */
#ifndef _LINUX_INIT_H
#define _LINUX_INIT_H

#include <linux/compiler.h>
#include <linux/types.h>

#define __init __section(".init.text") __used
#define __initdata __section(".init.data")
#define __initconst __section(".init.rodata")
#define __exit __section(".exit.text") __used
#define __exitdata __section(".exit.data")
#define __ro_after_init __section(".data..ro_after_init")
#define __read_mostly
#define __devinit
#define __net_init
#define __net_exit

typedef int (*initcall_t)(void);
typedef void (*exitcall_t)(void);

#endif
