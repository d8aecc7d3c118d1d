/* SPDX-License-Identifier: Apache-2.0 */
/* Who a task acts as. */
#ifndef _LINUX_CRED_API_H
#define _LINUX_CRED_API_H

#include <linux/types.h>
#include <linux/uidgid.h>
#include_next <linux/cred.h>

struct task_struct;

struct cred *prepare_creds(void);
struct cred *prepare_kernel_cred(struct task_struct *daemon);
int commit_creds(struct cred *new);

#define current_cred() (current->cred)
#define current_uid() (current_cred()->uid)
#define current_gid() (current_cred()->gid)
#define current_euid() (current_cred()->euid)

#endif
