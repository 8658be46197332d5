-- When the newest backup was taken, for whoever asks how old it is. A real instant.
CREATE TABLE backup_taken (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    at timestamptz NOT NULL,
    sealed boolean NOT NULL
);
