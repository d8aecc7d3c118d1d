/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _ARPA_INET_H
#define _ARPA_INET_H

#include <netinet/in.h>

#endif
