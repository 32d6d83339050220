export interface DovecotOptions {
  /** Key and certificate in PEM. With them, Dovecot offers STARTTLS and imaps. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** The public key (PEM) of ES256 by which access tokens are checked; their `sub` is the user. */
  readonly tokenKey?: string;
  /** Where Dovecot's own SMTP server, for logins only, passes mail on to. */
  readonly relayPort?: number;
}

export interface DovecotPorts {
  readonly imapPort: number;
  readonly imapsPort: number;
  readonly lmtpPort: number;
  readonly submissionPort: number;
}

export interface Owner {
  readonly name: string;
  readonly group: string;
  readonly uid: number;
  readonly gid: number;
}

interface Installation {
  readonly folder: string;
  readonly libraries: string;
  readonly runsAs: Owner;
  readonly ports: DovecotPorts;
  readonly options: DovecotOptions;
}

const tlsSettings = (folder: string, { tls }: DovecotOptions): string =>
  tls ? `ssl = yes\nssl_cert = <${folder}/cert.pem\nssl_key = <${folder}/key.pem` : 'ssl = no';

const tokenLogin = (folder: string): string => `
passdb {
  driver = oauth2
  mechanisms = xoauth2
  args = ${folder}/oauth2.conf
}`;

/** Tokens are checked here, without a server of an identity provider. */
export const oauthConfiguration = (folder: string): string => `
introspection_mode = local
local_validation_key_dict = fs:posix:prefix=${folder}/keys/
username_attribute = sub
`;

const submission = (port: number, relayPort: number): string => `
submission_relay_host = 127.0.0.1
submission_relay_port = ${relayPort}
service submission-login {
  chroot =
  inet_listener submission {
    port = ${port}
  }
}`;

export const dovecotConfiguration = ({ folder, libraries, runsAs, ports, options }: Installation): string => `
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/dovecot.log
instance_name = missions
libexec_dir = ${libraries}
mail_plugin_dir = ${libraries}/modules
protocols = imap lmtp${options.relayPort === undefined ? '' : ' submission'}
listen = 127.0.0.1
${tlsSettings(folder, options)}
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
auth_failure_delay = 0
default_internal_user = ${runsAs.name}
default_login_user = ${runsAs.name}
default_internal_group = ${runsAs.group}
mail_uid = ${runsAs.name}
mail_gid = ${runsAs.group}
first_valid_uid = 1
first_valid_gid = 1
recipient_delimiter = +
postmaster_address = postmaster@missions.example
hostname = mail.missions.example
lmtp_hdr_delivery_address = original
mail_home = ${folder}/mail
mail_location = maildir:${folder}/mail/Maildir
${options.tokenKey === undefined ? '' : tokenLogin(folder)}
passdb {
  driver = passwd-file
  args = ${folder}/users
}
userdb {
  driver = static
  args = uid=${runsAs.name} gid=${runsAs.group} home=${folder}/mail allow_all_users=yes
}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${ports.imapPort}
  }
  inet_listener imaps {
    port = ${options.tls ? ports.imapsPort : 0}
    ssl = yes
  }
}
${options.relayPort === undefined ? '' : submission(ports.submissionPort, options.relayPort)}
service lmtp {
  inet_listener lmtp {
    port = ${ports.lmtpPort}
  }
}
service anvil {
  chroot =
  # Without it, an address that failed to log in waits longer and longer.
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
`;
