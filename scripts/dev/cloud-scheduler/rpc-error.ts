import { status } from '@grpc/grpc-js'

/** A refusal with the gRPC status that the real service answers in its place. */
export class RpcError extends Error {
  override readonly name = 'RpcError'
  readonly code: status

  constructor(code: status, message: string) {
    super(message)
    this.code = code
  }
}

/** INVALID_ARGUMENT, with the reason. */
export function invalid(message: string): RpcError {
  return new RpcError(status.INVALID_ARGUMENT, message)
}
