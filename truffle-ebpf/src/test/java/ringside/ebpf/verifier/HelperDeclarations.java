package ringside.ebpf.verifier;

import static ringside.ebpf.helper.ArgType.*;
import static ringside.ebpf.helper.ReturnType.*;

import ringside.ebpf.helper.BpfHelper;

/** Prototypes of helpers that the programs under test call; nothing here runs. */
interface HelperDeclarations {
  @BpfHelper(
      id = 1,
      ret = RET_PTR_TO_MAP_VALUE_OR_NULL,
      args = {ARG_CONST_MAP_PTR, ARG_PTR_TO_MAP_KEY},
      pktAccess = true)
  long mapLookupElem(long map, long key);

  @BpfHelper(
      id = 2,
      args = {ARG_CONST_MAP_PTR, ARG_PTR_TO_MAP_KEY, ARG_PTR_TO_MAP_VALUE, ARG_ANYTHING},
      pktAccess = true)
  long mapUpdateElem(long map, long key, long value, long flags);

  @BpfHelper(
      id = 3,
      args = {ARG_CONST_MAP_PTR, ARG_PTR_TO_MAP_KEY},
      pktAccess = true)
  long mapDeleteElem(long map, long key);

  @BpfHelper(
      id = 4,
      args = {ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE_OR_ZERO, ARG_ANYTHING},
      gplOnly = true)
  long probeRead(long to, long size, long from);

  @BpfHelper(id = 5)
  long ktimeGetNs();

  @BpfHelper(
      id = 6,
      args = {ARG_PTR_TO_MEM_RDONLY, ARG_CONST_SIZE},
      gplOnly = true)
  long tracePrintk(long format, long size, long a, long b, long c);

  @BpfHelper(id = 7)
  long getPrandomU32();

  @BpfHelper(id = 8)
  long getSmpProcessorId();

  @BpfHelper(
      id = 12,
      ret = RET_VOID,
      args = {ARG_PTR_TO_CTX, ARG_CONST_MAP_PTR, ARG_ANYTHING})
  long tailCall(long ctx, long map, long index);

  @BpfHelper(id = 14)
  long getCurrentPidTgid();

  @BpfHelper(id = 15)
  long getCurrentUidGid();

  @BpfHelper(
      id = 16,
      args = {ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE})
  long getCurrentComm(long buffer, long size);

  @BpfHelper(
      id = 25,
      args = {
        ARG_PTR_TO_CTX,
        ARG_CONST_MAP_PTR,
        ARG_ANYTHING,
        ARG_PTR_TO_MEM_RDONLY,
        ARG_CONST_SIZE_OR_ZERO
      },
      gplOnly = true)
  long perfEventOutput(long ctx, long map, long flags, long data, long size);

  @BpfHelper(
      id = 26,
      args = {ARG_PTR_TO_CTX, ARG_ANYTHING, ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE})
  long skbLoadBytes(long skb, long offset, long to, long size);

  @BpfHelper(
      id = 28,
      args = {
        ARG_PTR_TO_MEM_OR_NULL_RDONLY,
        ARG_CONST_SIZE_OR_ZERO,
        ARG_PTR_TO_MEM_OR_NULL_RDONLY,
        ARG_CONST_SIZE_OR_ZERO,
        ARG_ANYTHING
      },
      pktAccess = true)
  long csumDiff(long from, long fromSize, long to, long toSize, long seed);

  @BpfHelper(
      id = 44,
      args = {ARG_PTR_TO_CTX, ARG_ANYTHING},
      changesPktData = true)
  long xdpAdjustHead(long ctx, long delta);

  @BpfHelper(
      id = 45,
      args = {ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE_OR_ZERO, ARG_ANYTHING},
      gplOnly = true)
  long probeReadStr(long to, long size, long from);

  @BpfHelper(
      id = 51,
      args = {ARG_CONST_MAP_PTR, ARG_ANYTHING, ARG_ANYTHING})
  long redirectMap(long map, long key, long flags);

  @BpfHelper(
      id = 87,
      args = {ARG_CONST_MAP_PTR, ARG_PTR_TO_MAP_VALUE, ARG_ANYTHING},
      pktAccess = true)
  long mapPushElem(long map, long value, long flags);

  @BpfHelper(
      id = 88,
      args = {ARG_CONST_MAP_PTR, ARG_PTR_TO_UNINIT_MAP_VALUE})
  long mapPopElem(long map, long value);

  @BpfHelper(
      id = 89,
      args = {ARG_CONST_MAP_PTR, ARG_PTR_TO_UNINIT_MAP_VALUE})
  long mapPeekElem(long map, long value);

  @BpfHelper(
      id = 112,
      args = {ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE_OR_ZERO, ARG_ANYTHING})
  long probeReadUser(long to, long size, long from);

  @BpfHelper(
      id = 113,
      args = {ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE_OR_ZERO, ARG_ANYTHING},
      gplOnly = true)
  long probeReadKernel(long to, long size, long from);

  @BpfHelper(
      id = 115,
      args = {ARG_PTR_TO_UNINIT_MEM, ARG_CONST_SIZE_OR_ZERO, ARG_ANYTHING},
      gplOnly = true)
  long probeReadKernelStr(long to, long size, long from);

  @BpfHelper(
      id = 130,
      args = {ARG_CONST_MAP_PTR, ARG_PTR_TO_MEM_RDONLY, ARG_CONST_SIZE_OR_ZERO, ARG_ANYTHING})
  long ringbufOutput(long map, long data, long size, long flags);

  @BpfHelper(
      id = 131,
      ret = RET_PTR_TO_RINGBUF_MEM_OR_NULL,
      args = {ARG_CONST_MAP_PTR, ARG_CONST_ALLOC_SIZE_OR_ZERO, ARG_ANYTHING})
  long ringbufReserve(long map, long size, long flags);

  @BpfHelper(
      id = 132,
      ret = RET_VOID,
      args = {ARG_PTR_TO_RINGBUF_MEM_OBJ_RELEASE, ARG_ANYTHING})
  long ringbufSubmit(long record, long flags);

  @BpfHelper(
      id = 133,
      ret = RET_VOID,
      args = {ARG_PTR_TO_RINGBUF_MEM_OBJ_RELEASE, ARG_ANYTHING})
  long ringbufDiscard(long record, long flags);

  @BpfHelper(
      id = 134,
      args = {ARG_CONST_MAP_PTR, ARG_ANYTHING})
  long ringbufQuery(long map, long what);

  @BpfHelper(
      id = 195,
      ret = RET_PTR_TO_MAP_VALUE_OR_NULL,
      args = {ARG_CONST_MAP_PTR, ARG_PTR_TO_MAP_KEY, ARG_ANYTHING},
      pktAccess = true)
  long mapLookupPercpuElem(long map, long key, long cpu);
}
