package dev.lockstep.driver.container;

/** The container cannot do what it was asked to; the message is a sentence for whoever asked. */
final class ContainerException extends Exception {
  private static final long serialVersionUID = 1L;

  ContainerException(String message) {
    super(message);
  }
}
