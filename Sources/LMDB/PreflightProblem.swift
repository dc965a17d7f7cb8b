/// Why a file is not given to liblmdb, which would trust it and might fault.
struct PreflightProblem: Error, Hashable {
    var code: LMDBError.Code
    var message: String

    init(_ code: LMDBError.Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
