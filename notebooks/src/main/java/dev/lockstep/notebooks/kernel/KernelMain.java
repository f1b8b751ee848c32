package dev.lockstep.notebooks.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.List;
import org.dflib.jjava.jupyter.channels.JupyterConnection;
import org.dflib.jjava.jupyter.kernel.KernelConnectionProperties;

/**
 * The kernel's process: Jupyter starts it with the path of a connection file, and it serves until
 * it is told to shut down.
 */
public final class KernelMain {
  /** What every cell can use without an import. */
  static final List<String> IMPORTS =
      List.of(
          "java.util.*",
          "java.nio.file.*",
          "static dev.lockstep.notebooks.cell.Cell.*",
          "dev.lockstep.notebooks.cell.Charts");

  private KernelMain() {}

  /**
   * Serves one notebook.
   *
   * @param arguments the connection file that Jupyter wrote
   */
  public static void main(String[] arguments) throws IOException, GeneralSecurityException {
    if (arguments.length != 1) {
      System.err.println("Jupyter starts this program with one argument, its connection file.");
      System.exit(2);
    }
    serve(Files.readString(Path.of(arguments[0])));
    // Threads of a Spark that the notebook left running must not keep the process.
    System.exit(0);
  }

  /**
   * Serves until a shutdown is asked for.
   *
   * @param connectionFile content of the connection file, JSON
   */
  static void serve(String connectionFile) throws GeneralSecurityException {
    JupyterConnection connection =
        new JupyterConnection(KernelConnectionProperties.parse(connectionFile));
    JavaKernel kernel =
        new JavaKernel(new CellEvaluator(System.getProperty("java.class.path"), IMPORTS));
    kernel.becomeHandlerForConnection(connection);
    kernel.onStartup();
    connection.connect();
    connection.waitUntilClose();
  }
}
