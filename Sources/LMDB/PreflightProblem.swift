/// Why a file is not given to liblmdb, which would trust it and might fault.
struct PreflightProblem: Error, Hashable {
    var code: LMDBError.Code
    var message: String
    var remedy = "restore a backup, or give another path"

    init(_ code: LMDBError.Code, _ message: String, remedy: String? = nil) {
        self.code = code
        self.message = message
        if let remedy { self.remedy = remedy }
    }
}
