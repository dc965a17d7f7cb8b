internal import CSparseStoreHeader
internal import SparseStore

/// The failure of a call of the C interface. Its strings live as long as the object.
final class Failure {
    let status: sparsestore_status
    private let texts: [UnsafeMutablePointer<CChar>]

    init(_ error: any Error) {
        let error = error as? SparseStoreError ?? SparseStoreError(.internalError, problem: "\(error)")
        status = Self.status(of: error.code)
        texts = [error.code.description, error.problem, error.remedy].map(Self.copy)
    }

    deinit {
        for text in texts { text.deallocate() }
    }

    var name: UnsafePointer<CChar> { UnsafePointer(texts[0]) }
    var problem: UnsafePointer<CChar> { UnsafePointer(texts[1]) }
    var remedy: UnsafePointer<CChar> { UnsafePointer(texts[2]) }

    private static func copy(_ text: String) -> UnsafeMutablePointer<CChar> {
        let bytes = text.utf8CString
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
        for (index, byte) in bytes.enumerated() { (copy + index).initialize(to: byte) }
        return copy
    }

    private static func status(of code: SparseStoreError.Code) -> sparsestore_status {
        switch code {
        case .notFound: SPARSESTORE_NOT_FOUND
        case .corrupted: SPARSESTORE_CORRUPTED
        case .incompatibleFormat, .notAStore: SPARSESTORE_INCOMPATIBLE
        case .diskFull: SPARSESTORE_DISK_FULL
        case .alreadyOpen, .busy, .readersFull, .generationNotReached: SPARSESTORE_BUSY
        case .io, .permissionDenied, .readOnly, .networkFilesystem, .needsReopen: SPARSESTORE_IO
        case .deadlineExceeded: SPARSESTORE_DEADLINE
        default: code.isBrokenRule ? SPARSESTORE_INVALID : SPARSESTORE_FAILED
        }
    }
}

/// Runs `body` and passes its failure to the caller of a C function.
func attempt(
    _ error: UnsafeMutablePointer<OpaquePointer?>?, _ body: () throws -> Void
) -> sparsestore_status {
    error?.pointee = nil
    do {
        try body()
        return SPARSESTORE_OK
    } catch let thrown {
        let failure = Failure(thrown)
        error?.pointee = OpaquePointer(Unmanaged.passRetained(failure).toOpaque())
        return failure.status
    }
}

/// Returns the object behind a pointer of the C interface.
func object<Object: AnyObject>(_ pointer: OpaquePointer?, as type: Object.Type) throws -> Object {
    guard let pointer else {
        throw SparseStoreError(
            .invalidArgument, problem: "a handle is NULL",
            remedy: "pass a handle that this library returned")
    }
    return Unmanaged<Object>.fromOpaque(UnsafeRawPointer(pointer)).takeUnretainedValue()
}

/// Returns a pointer for the C interface that retains `object` until `release` is called with it.
func handle(_ object: AnyObject) -> OpaquePointer {
    OpaquePointer(Unmanaged.passRetained(object).toOpaque())
}

/// Releases the object of `type` that `pointer` retains.
func release<Object: AnyObject>(_ pointer: OpaquePointer?, as type: Object.Type) {
    guard let pointer else { return }
    Unmanaged<Object>.fromOpaque(UnsafeRawPointer(pointer)).release()
}

/// Returns the error for an argument that breaks the rules of the interface.
func misuse(_ problem: String, _ remedy: String) -> SparseStoreError {
    SparseStoreError(.invalidArgument, problem: problem, remedy: remedy)
}

/// Returns a text from the caller. Invalid UTF-8 is refused: if it were replaced, different paths could lead to one
/// store.
func text(_ characters: UnsafePointer<CChar>, name: String) throws -> String {
    guard let text = String(validatingCString: characters) else {
        throw misuse("the \(name) is not UTF-8", "rename the file, or encode texts as UTF-8")
    }
    return text
}

/// Implements `sparsestore_interface_version` from sparsestore.h.
@_cdecl("sparsestore_interface_version")
public func interfaceVersion() -> Int32 { SPARSESTORE_INTERFACE_VERSION }

/// Implements `sparsestore_error_name` from sparsestore.h.
@_cdecl("sparsestore_error_name")
public func errorName(_ error: OpaquePointer?) -> UnsafePointer<CChar>? { try? object(error, as: Failure.self).name }

/// Implements `sparsestore_error_problem` from sparsestore.h.
@_cdecl("sparsestore_error_problem")
public func errorProblem(_ error: OpaquePointer?) -> UnsafePointer<CChar>? {
    try? object(error, as: Failure.self).problem
}

/// Implements `sparsestore_error_remedy` from sparsestore.h.
@_cdecl("sparsestore_error_remedy")
public func errorRemedy(_ error: OpaquePointer?) -> UnsafePointer<CChar>? {
    try? object(error, as: Failure.self).remedy
}

/// Implements `sparsestore_error_free` from sparsestore.h.
@_cdecl("sparsestore_error_free")
public func errorFree(_ error: OpaquePointer?) { release(error, as: Failure.self) }
