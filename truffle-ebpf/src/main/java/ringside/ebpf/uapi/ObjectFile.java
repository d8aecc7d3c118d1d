package ringside.ebpf.uapi;

import ringside.ebpf.refcount.Counted;
import ringside.kernel.fs.AnonymousInode;

/** What stands behind a descriptor of bpf(2): holds one object for user space. */
final class ObjectFile extends AnonymousInode {
  private final Counted object;

  ObjectFile(Counted object) {
    this.object = object;
    object.getUser();
  }

  Counted object() {
    return object;
  }

  @Override
  protected void released() {
    object.putUser();
  }

  @Override
  protected String fdinfo() {
    return FdInfo.of(object);
  }
}
