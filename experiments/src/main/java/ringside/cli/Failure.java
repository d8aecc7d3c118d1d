package ringside.cli;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.map.MapException;
import ringside.ebpf.object.ObjectException;
import ringside.ebpf.vm.LinkException;
import ringside.experiments.lane.LoadRefused;
import ringside.format.BadInputException;
import ringside.format.btf.BtfException;
import ringside.format.elf.ElfException;
import ringside.hook.AttachException;
import ringside.kernel.trap.KernelHang;
import ringside.kernel.trap.KernelPanic;
import ringside.toolchain.CompileException;
import ringside.toolchain.ToolchainException;

/**
 * What an exception means to the user.
 *
 * @param exitCode what the process returns
 * @param message what is wrong and where
 * @param hint what to do about it, or null
 */
record Failure(ExitCode exitCode, String message, @Nullable String hint) {

  static Failure of(Throwable thrown) {
    return switch (thrown) {
      case UserError e -> new Failure(e.exitCode(), e.getMessage(), e.hint());
      case CompileException e -> new Failure(ExitCode.FAILED, e.getMessage(), e.hint());
      case ToolchainException e -> new Failure(ExitCode.UNAVAILABLE, e.getMessage(), e.hint());
      case ElfException e -> new Failure(ExitCode.REJECTED, e.getMessage(), e.hint());
      case BtfException e -> new Failure(ExitCode.REJECTED, e.getMessage(), e.hint());
      case ObjectException e -> new Failure(ExitCode.REJECTED, e.getMessage(), e.hint());
      case MapException e -> rejected(e);
      case LinkException e -> rejected(e);
      case AttachException e -> rejected(e);
      case LoadRefused e -> new Failure(ExitCode.REJECTED, e.reason(), null);
      case BadInputException e -> new Failure(ExitCode.USAGE, e.getMessage(), e.hint());
      case KernelPanic e -> new Failure(ExitCode.PANICKED, "the simulated kernel panicked", null);
      case KernelHang e ->
          new Failure(ExitCode.TIME_LIMIT, "the simulated kernel did not come to an end", null);
      case NoSuchFileException e -> file(e, "no such file or directory");
      case AccessDeniedException e -> file(e, "permission denied");
      case NotDirectoryException e -> file(e, "not a directory");
      case FileAlreadyExistsException e -> file(e, "exists and is not what is needed there");
      case FileSystemException e -> file(e, String.valueOf(e.getReason()));
      case Throwable e when e.getCause() instanceof FileSystemException cause -> of(cause);
      default ->
          new Failure(
              ExitCode.INTERNAL,
              "internal error: " + thrown,
              "this is a bug of Ringside; run again with -v for the stack trace and report it");
    };
  }

  private static Failure rejected(Exception e) {
    return new Failure(ExitCode.REJECTED, String.valueOf(e.getMessage()), null);
  }

  private static Failure file(FileSystemException e, String what) {
    return new Failure(
        ExitCode.USAGE, e.getFile() + ": " + what, "check the path and its permissions");
  }
}
