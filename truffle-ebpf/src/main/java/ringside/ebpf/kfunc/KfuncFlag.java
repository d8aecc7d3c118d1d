package ringside.ebpf.kfunc;

/** What the verifier has to know of a kfunc beyond its prototype: Linux's {@code KF_*} flags. */
public enum KfuncFlag {
  /** Returns a reference that must be released. */
  KF_ACQUIRE,
  /** Releases the reference it is given. */
  KF_RELEASE,
  /** May return null. */
  KF_RET_NULL,
  /** Takes only trusted, unmodified pointers. */
  KF_TRUSTED_ARGS,
  /** May sleep. */
  KF_SLEEPABLE,
  /** Can harm the kernel: needs CAP_SYS_BOOT. */
  KF_DESTRUCTIVE,
  /** Takes trusted pointers or such as an RCU read section protects. */
  KF_RCU,
  /** Begins an open-coded iteration. */
  KF_ITER_NEW,
  /** Advances an open-coded iteration. */
  KF_ITER_NEXT,
  /** Ends an open-coded iteration. */
  KF_ITER_DESTROY,
  /** Must be called in an RCU read section. */
  KF_RCU_PROTECTED,
  /** Leaves the registers alone that it does not use. */
  KF_FASTCALL
}
