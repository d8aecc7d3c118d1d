package ringside.cli;

import picocli.CommandLine.IVersionProvider;

/** What {@code ringside --version} prints. */
final class Version implements IVersionProvider {
  /** Made by picocli. */
  Version() {}

  @Override
  public String[] getVersion() {
    String version = Version.class.getPackage().getImplementationVersion();
    return new String[] {
      "ringside " + (version == null ? "(unpackaged)" : version),
      "Java " + Runtime.version() + " (" + System.getProperty("java.vendor") + ")",
    };
  }
}
