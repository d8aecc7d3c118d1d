package ringside.ebpf.attach;

import org.jspecify.annotations.Nullable;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.syscall.Bpf;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.ebpf.vm.ContextRootNode;
import ringside.ebpf.vm.EbpfLanguage;
import ringside.hook.AttachException;
import ringside.hook.Attachment;
import ringside.kernel.Kernel;
import ringside.kernel.core.Errno;
import ringside.kernel.net.NetDevice;

/**
 * XDP programs on devices without a link, which stay until they are taken off: what {@code
 * IFLA_XDP} of rtnetlink does. There are no netlink sockets here, so tools call this.
 */
public final class XdpDevices {
  private XdpDevices() {}

  /**
   * Puts a program on a device, in the place of one that was put there likewise.
   *
   * @param program null to take it off
   * @param ifEmpty {@code XDP_FLAGS_UPDATE_IF_NOEXIST}
   * @throws AttachException {@code EBUSY} where a link holds the device or, with {@code ifEmpty}, a
   *     program; {@code EINVAL} for a program that is none of XDP
   */
  public static void set(
      Bpf bpf, NetDevice device, @Nullable LoadedProgram program, boolean ifEmpty) {
    if (program != null && program.type() != ProgramType.XDP) {
      throw new AttachException(Errno.EINVAL, program.name() + " is no XDP program");
    }
    Attachment present =
        device.xdp().attachments().isEmpty() ? null : device.xdp().attachments().getFirst();
    if (present != null && linked(bpf, present)) {
      throw new AttachException(Errno.EBUSY, "Can't replace active BPF XDP link");
    }
    if (present != null && program != null && ifEmpty) {
      throw new AttachException(Errno.EBUSY, "XDP program already attached");
    }
    if (present != null) {
      device.xdp().detach(present);
      LoadedProgram old = bpf.programIds().find(present.id());
      if (old != null) {
        old.put();
      }
    }
    if (program != null) {
      device.xdp().attach(attachment(bpf.kernel(), program));
      program.get();
    }
  }

  private static boolean linked(Bpf bpf, Attachment attachment) {
    return bpf.links().all().stream()
        .anyMatch(each -> each instanceof BpfLink link && attachment.equals(link.attachment()));
  }

  private static Attachment attachment(Kernel kernel, LoadedProgram program) {
    EbpfLanguage language = kernel.guest().language(EbpfLanguage.ID, EbpfLanguage::get);
    return new Attachment(
        program.name(), program.id(), 0, ContextRootNode.direct(language, program.runnable()));
  }
}
