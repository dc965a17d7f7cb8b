import Hummingbird
import SparseStore

/// The reason why a request is refused.
struct ServiceFailure: Error, Sendable {
    var status: HTTPResponse.Status
    var problem: String
    var remedy: String

    static func unsupported(_ what: String) -> ServiceFailure {
        ServiceFailure(
            status: .badRequest, problem: "\(what) are not supported",
            remedy: "see /openapi.json for the part of Qdrant's API that is")
    }

    static func noCollection(_ name: String) -> ServiceFailure {
        ServiceFailure(
            status: .notFound, problem: "Not found: Collection `\(name)` doesn't exist!",
            remedy: "create it with PUT /collections/\(name)")
    }
}

/// The body of an error response: the fields of Qdrant, and the details of the store's error.
private struct FailureAnswer: Encodable {
    struct Status: Encodable { var error: String }

    struct Details: Encodable {
        var code: String?
        var problem: String
        var remedy: String
        var document: String?
        var term: String?
        var position: Int?
    }

    var status: Status
    var details: Details
    var time = 0.0

    init(_ details: Details) {
        self.details = details
        status = Status(error: "\(details.problem); \(details.remedy)")
    }
}

/// Turns the errors of handlers into JSON responses.
struct FailureMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            let (status, details) = describe(error)
            if status.code >= 500 {
                context.logger.error("a request failed", metadata: ["error": "\(error)"])
            }
            return try .json(FailureAnswer(details), status: status)
        }
    }

    private func describe(_ error: any Error) -> (HTTPResponse.Status, FailureAnswer.Details) {
        switch error {
        case let error as SparseStoreError:
            return (
                status(of: error.code),
                FailureAnswer.Details(
                    code: error.code.description, problem: error.problem, remedy: error.remedy,
                    document: error.documentID, term: error.term, position: error.position)
            )
        case let error as ServiceFailure:
            return (error.status, FailureAnswer.Details(problem: error.problem, remedy: error.remedy))
        case let error as DecodingError:
            return (
                .badRequest,
                FailureAnswer.Details(
                    problem: "the body does not have the expected form: \(error.place)", remedy: "see /openapi.json")
            )
        case let error as any HTTPResponseError:
            return (
                error.status,
                FailureAnswer.Details(problem: "the request failed: \(error)", remedy: "see /openapi.json")
            )
        default:
            return (
                .internalServerError,
                FailureAnswer.Details(problem: "\(error)", remedy: "see the log of the service")
            )
        }
    }

    private func status(of code: SparseStoreError.Code) -> HTTPResponse.Status {
        switch code {
        case .invalidArgument, .invalidVector, .limitExceeded, .termSpaceMismatch, .dimensionMismatch, .invalidCursor,
            .attributeTypeMismatch:
            .badRequest
        case .notFound: .notFound
        case .busy, .readersFull, .cancelled, .closed: .serviceUnavailable
        case .deadlineExceeded: .gatewayTimeout
        case .diskFull: HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage")
        default: .internalServerError
        }
    }
}

extension DecodingError {
    /// The problem and its position.
    fileprivate var place: String {
        func path(_ context: Context) -> String {
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            return "\(context.debugDescription) at '\(path)'"
        }
        return switch self {
        case .dataCorrupted(let context), .typeMismatch(_, let context), .valueNotFound(_, let context): path(context)
        case .keyNotFound(let key, let context): "'\(key.stringValue)' is missing: \(path(context))"
        @unknown default: "\(self)"
        }
    }
}
