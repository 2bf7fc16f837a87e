#!/bin/sh
# Switches the stream of one replica of the ballots table on, and waits until it is. Does nothing if it is on.
# Called by Terraform with ACCOUNT, REGION and TABLE. Needs the AWS CLI, version 2.
set -eu

# The account of AWS's documentation is nobody's: this is a check without network. Nothing is called.
if [ "$ACCOUNT" = 123456789012 ]; then
  echo "account $ACCOUNT is the documentation's: no stream is switched on in $REGION"
  exit 0
fi

caller=$(aws sts get-caller-identity --query Account --output text)
if [ "$caller" != "$ACCOUNT" ]; then
  echo "the AWS CLI is signed in to account $caller, not to $ACCOUNT" >&2
  exit 1
fi

stream() {
  aws dynamodb describe-table --region "$REGION" --table-name "$TABLE" \
    --query 'Table.[TableStatus, StreamSpecification.StreamEnabled, StreamSpecification.StreamViewType]' --output text
}

aws dynamodb wait table-exists --region "$REGION" --table-name "$TABLE"
case $(stream) in
*True*NEW_IMAGE*) exit 0 ;;
*True*)
  echo "the stream of $TABLE in $REGION has another view than NEW_IMAGE" >&2
  exit 1
  ;;
esac

aws dynamodb update-table --region "$REGION" --table-name "$TABLE" \
  --stream-specification StreamEnabled=true,StreamViewType=NEW_IMAGE --query TableDescription.TableStatus --output text

tries=0
until case $(stream) in ACTIVE*True*) true ;; *) false ;; esac do
  tries=$((tries + 1))
  if [ "$tries" -ge 60 ]; then
    echo "the stream of $TABLE in $REGION isn't active after ten minutes" >&2
    exit 1
  fi
  sleep 10
done
