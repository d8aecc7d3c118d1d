package ringside.ebpf.verifier;

import org.jspecify.annotations.Nullable;
import ringside.ebpf.kfunc.KfuncFlag;
import ringside.ebpf.map.BtfField;
import ringside.ebpf.map.MapDescriptor;
import ringside.format.btf.Btf;

/** What checking the arguments of one kfunc call brings to light. */
final class KfuncCall {
  final KfuncTable.Entry entry;
  int refObjId;
  int releaseReg;
  boolean constantFound;
  long constant;

  /** Size of the memory returned, given by an argument. */
  long returnSize;

  boolean returnReadOnly;
  int subprogno = -1;

  @Nullable MapDescriptor map;
  int mapUid;

  /** The struct behind a pointer argument: an allocated object's, for instance. */
  @Nullable Btf argBtf;

  int argBtfId;
  boolean owningRef;

  /** The dynptr argument that was there before. */
  @Nullable String dynptrKind;

  int dynptrId;
  int dynptrRef;

  @Nullable RegState iterator;
  int iteratorSlot;
  int iteratorFrame;

  /** The list or tree that the call works on. */
  @Nullable BtfField root;

  KfuncCall(KfuncTable.Entry entry) {
    this.entry = entry;
  }

  /** Whether null may come back; not from whoever owns what is shared. */
  boolean returnsNull() {
    boolean shared = owningRef && is("bpf_refcount_acquire_impl");
    return !shared && entry.has(KfuncFlag.KF_RET_NULL);
  }

  boolean is(String name) {
    return entry.name().equals(name);
  }
}
